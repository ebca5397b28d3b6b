import { join } from 'node:path';
import { kubeClient } from '../../../src/kube/connect.ts';
import type { KubeClient, KubeObject, Ref, Resource } from '../../../src/kube/index.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import { createOperator, type OperatorParts } from '../../../src/processes/operator.ts';
import { createMetrics } from '../../../src/telemetry/index.ts';
import { type VirtualClock, virtualClock } from '../../kit/clock.ts';
import { recordedLog } from '../../kit/log.ts';
import { seededRandom } from '../../kit/random.ts';
import { coreKinds, kindOfFile, SimApiServer } from '../api-server/index.ts';
import { type CaOptions, SimulatedCa, strict } from '../ca/index.ts';
import { type Carry, undisturbed } from './exchange.ts';
import { Node, replicaSetKind } from './node.ts';
import { operatorNamespace, responderAddresses, responderService } from './objects.ts';
import { Process } from './process.ts';
import { settle } from './settle.ts';
import { Truth } from './truth.ts';
import type { EventFate } from './watch-line.ts';
import { Web } from './web.ts';
import { Wire, type WireParts } from './wire.ts';

/** Bookmarks come about once a minute. */
const bookmarkMs = 60_000;
/** How long a process that died takes to be started again. */
const restartMs = 1_000;
const longestLatencyMs = 10;
const garbageMs = 200;
/** Whatever a scenario prepares has come to rest by then. */
const settledMs = 120_000;

const kinds = [
  ...coreKinds,
  replicaSetKind,
  ...['certificates', 'clusterissuers', 'issuers'].map((plural) =>
    kindOfFile(join(import.meta.dirname, `../../../crds/${plural}.yaml`)),
  ),
];

/** The parts of an operator that a test may wrap before they are used: a mutant's goes wrong here. */
export type Wiring = (network: Pick<OperatorParts, 'client' | 'acme'>) => Pick<OperatorParts, 'client' | 'acme'>;

interface Options {
  /** Of latencies and jitters: the same seed gives the same run. */
  readonly seed?: number;
  readonly wiring?: Wiring;
  readonly ca?: CaOptions;
  /** When virtual time begins. */
  readonly start?: Date;
}

/**
 * A cluster, a CA and the network between them, on virtual time, with operators that run whole: the real composition over the
 * real client and list-watch. Time moves only when told to.
 */
export class World {
  readonly clock: VirtualClock;
  readonly log = recordedLog();
  readonly server: SimApiServer;
  readonly ca: SimulatedCa;
  readonly truth: Truth;
  readonly node: Node;
  readonly web: Web;
  /** The API server as whoever stands outside sees it, at once. */
  readonly user: KubeClient;
  /** What happens to each write and each request to the CA. */
  carry: Carry = undisturbed;
  /** What happens to each watch event; `about` is the plural of its kind. */
  fateOf: (about: string) => EventFate = () => ({ kind: 'delivered' });
  /** Told of each write and each request to the CA when it arrives there, and when it is done. */
  onCall: (name: string, when: 'arrives' | 'happened') => void = () => {};
  readonly #options: Options;
  readonly #processes: Process[] = [];
  readonly #ending = new AbortController();
  readonly #latency: () => number;
  readonly #jitter: () => number;
  #restarts = true;

  constructor(options: Options = {}) {
    const { seed = 1 } = options;
    this.#options = options;
    this.clock = virtualClock(options.start, settle);
    this.#jitter = seededRandom(seed);
    this.#latency = seededRandom(seed + 1_000_000);
    this.server = new SimApiServer({ clock: this.clock, kinds });
    this.truth = new Truth(this.server);
    this.#collectGarbage();
    this.ca = new SimulatedCa({
      clock: this.clock,
      random: seededRandom(seed + 2_000_000),
      options: options.ca ?? strict,
      serves: (host, token) => this.web.body(host, `/.well-known/acme-challenge/${token}`),
    });
    this.user = this.#clientOf('user');
    this.node = new Node({ clock: this.clock, truth: this.truth, client: this.#clientOf('node') });
    this.web = new Web({
      clock: this.clock,
      log: this.log,
      random: this.#jitter,
      truth: this.truth,
      namespace: operatorNamespace,
      responders: Object.fromEntries(responderAddresses.map((address) => [address, this.#responderClient(address)])),
    });
    void this.web.run(this.#ending.signal);
    this.#keepBookmarks();
  }

  get processes(): readonly Process[] {
    return this.#processes;
  }

  /** Applies an object as a user does. */
  async apply(resource: Resource, object: KubeObject & Readonly<Record<string, unknown>>): Promise<void> {
    await this.user.apply(resource, object, { manager: 'user', force: true });
  }

  /** Deletes an object as a user does. */
  async delete(resource: Resource, ref: Ref): Promise<void> {
    const { uid = '' } = this.truth.get(resource, ref)?.metadata ?? {};
    await this.user.remove(resource, ref, { uid });
  }

  /** Starts an operator; one that dies is started again. */
  start(): Process {
    const process = new Process(`operator-${this.#processes.length + 1}`, this.clock, () => {
      // One that goes round in circles would do so again, and never come to an end of it.
      if (!process.spins) this.#restart();
    });
    this.#processes.push(process);
    const wire = this.#wire(process, {
      carry: (exchange) => this.carry(exchange),
      fateOf: (about) => this.fateOf(about),
      as: (by, run) => this.truth.as(by.name, run),
    });
    const wired = (this.#options.wiring ?? ((network) => network))({
      client: kubeClient(wire),
      acme: wire.acme(this.ca.clientOf),
    });
    const operator = createOperator({
      ...wired,
      log: this.log,
      metrics: createMetrics({ node: false }),
      version: '0.0.0',
      clock: process.clock,
      random: this.#jitter,
      config: configOf(process.name),
      probeHttp: ({ host, path, expect, address }) =>
        wire.ask('probe', () => {
          const ok = this.web.body(host, path, address) === expect;
          return ok ? { ok } : { ok, problem: `http://${host} answered 404` };
        }),
      probeTls: ({ address, port }) =>
        wire.ask('probe', () => {
          const fingerprint = this.node.leafAt(address);
          return fingerprint === undefined
            ? { ok: false, problem: `the connection was refused by ${address}:${port}` }
            : { ok: true, fingerprint };
        }),
    });
    operator.run(process.ending.signal).catch((error: unknown) => this.#ended(process, error));
    return process;
  }

  /** Kills every operator for good; {@link start} starts anew. */
  killAll(): void {
    this.#restarts = false;
    for (const process of this.#processes) process.kill();
    this.#restarts = true;
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** Runs one operator until nothing is left to do, and ends it: the caches of the next are fresh. */
  async settle(): Promise<void> {
    this.start();
    await this.advance(settledMs);
    this.killAll();
  }

  /** Ends everything that runs. */
  close(): void {
    this.killAll();
    this.#ending.abort(new Error('the world ends'));
  }

  #wire(process: Process, hands: Pick<WireParts, 'carry' | 'fateOf' | 'as'>): Wire {
    return new Wire({
      ...hands,
      process,
      server: this.server,
      clock: this.clock,
      latencyMs: () => 1 + Math.floor(this.#latency() * longestLatencyMs),
      onCall: (name, when) => this.onCall(name, when),
    });
  }

  #restart(): void {
    if (!this.#restarts) return;
    this.clock.after(restartMs, () => {
      if (this.#restarts && !this.#processes.some(({ runs }) => runs)) this.start();
    });
  }

  #ended(process: Process, error: unknown): void {
    if (!process.dead) this.log.error('an operator ended by itself', { error });
  }

  #clientOf(by: string): KubeClient {
    const transport: Transport = {
      send: async (to) => this.truth.as(by, () => this.server.answer(to)),
      stream: async () => {
        throw new Error(`${by} watches nothing`);
      },
      close: async () => {},
    };
    return kubeClient(transport);
  }

  /** A responder lives as long as the world, and nothing is done to its network. */
  #responderClient(address: string): KubeClient {
    const process = new Process(address, this.clock, () => {});
    const fateOf = (): EventFate => ({ kind: 'delivered' });
    return kubeClient(this.#wire(process, { carry: undisturbed, fateOf, as: (_, run) => run() }));
  }

  /** What an object that is deleted owned goes a moment later. */
  #collectGarbage(): void {
    let isDue = false;
    this.truth.onCommit(({ after }) => {
      if (after !== undefined || isDue) return;
      isDue = true;
      this.clock.after(garbageMs, () => {
        isDue = false;
        this.server.collectGarbage();
      });
    });
  }

  #keepBookmarks(): void {
    this.clock.after(bookmarkMs, () => {
      this.server.bookmark();
      if (!this.#ending.signal.aborted) this.#keepBookmarks();
    });
  }
}

function configOf(identity: string): OperatorParts['config'] {
  return {
    namespace: operatorNamespace,
    identity,
    responderService,
    responderPort: 80,
    lease: 'evercert-operator',
    leaderElection: false, // a Lease is no fence: two that lead must do no harm
    podUID: undefined,
    letsEncrypt: false,
    letsEncryptEmail: undefined,
    letsEncryptIngressClass: undefined,
    kubeconfig: undefined,
    httpsProxy: undefined,
    noProxy: undefined,
    telemetryPort: 0,
    logLevel: 'warn',
  };
}
