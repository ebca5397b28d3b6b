import {
  annotations,
  certificates,
  challengePath,
  clusterIssuers,
  labels,
  type Reason,
  reachabilityToken,
} from '../../../../../src/api/index.ts';
import { certificateController, endpointSource } from '../../../../../src/controllers/certificate/index.ts';
import {
  type CertificateRow,
  certificateSource,
  projectCertificate,
} from '../../../../../src/controllers/certificate-row.ts';
import { ingressSource } from '../../../../../src/controllers/ingress-row.ts';
import { clusterIssuerSource, issuerSource } from '../../../../../src/controllers/issuer-row.ts';
import { type EventNote, endpointSlices, ingresses, type Source, secrets } from '../../../../../src/kube/index.ts';
import { generateKey, jwkThumbprint } from '../../../../../src/pki/index.ts';
import { virtualClock } from '../../../../kit/clock.ts';
import { recordedLog } from '../../../../kit/log.ts';
import { type MemoryCache, MemoryCluster } from '../../../../kit/memory-cluster.ts';
import { seededRandom } from '../../../../kit/random.ts';
import { type CaOptions, SimulatedCa, strict } from '../../../../sim/ca/index.ts';
import { Invariants } from './invariants.ts';
import { accountKeySecret, issuer, responders } from './objects.ts';
import { type Carry, type Network, Process } from './process.ts';

const installation = 'installation-1';
const operatorNamespace = 'evercert';
const responderService = 'evercert-responder';
/** More passes than this at one instant are a loop that never waits. */
const passesAtOnce = 200;
const accountKey = generateKey({ algorithm: 'ECDSA', size: 256 });

export const shop = { namespace: 'web', name: 'shop' };
export const shopSecret = { namespace: 'web', name: 'shop-tls' };

const secretSource: Source<{ readonly certificateUID: string }> = {
  resource: secrets,
  project: ({ metadata }) => ({ certificateUID: metadata.labels?.[labels.certificateUID] ?? '' }),
};

interface Options {
  /** How each process is connected; a mutant's goes wrong here. */
  readonly wiring?: (network: Network) => Network;
  readonly ca?: Partial<CaOptions>;
}

/** The certificate controller with an API server, a CA, a route and responders in memory, on virtual time. */
export class World {
  readonly clock = virtualClock();
  readonly cluster = new MemoryCluster();
  readonly log = recordedLog();
  readonly events: EventNote<Reason>[] = [];
  readonly ca: SimulatedCa;
  readonly invariants: Invariants;
  /** What happens to each write and each ACME request. */
  carry: Carry = (_, send) => send();
  /** Whether what we see of the names is what the CA sees of them. */
  isSeenByCa = true;
  /** Names whose route answers the fixed token, and no other. */
  readonly halfRouted = new Set<string>();
  /** Told of each write and each ACME request once it took effect: others may act then. */
  happened: (call: string) => void = () => {};
  /** Every write and ACME request that was made, sent or not. */
  readonly calls: string[] = [];
  readonly #options: Options;
  readonly #processes: Process[] = [];
  readonly #caches = new Map<Process, readonly Pick<MemoryCache<unknown>, 'lags' | 'catchUp'>[]>();
  /** How many passes there have been since virtual time came to where it is. */
  #instant = { at: -1, passes: 0 };

  static async make(options: Options = {}): Promise<World> {
    const world = new World(options);
    await world.#furnish();
    return world;
  }

  private constructor(options: Options) {
    this.#options = options;
    this.ca = new SimulatedCa({
      clock: this.clock,
      random: seededRandom(1),
      serves: (host, token) => (this.isSeenByCa ? this.#served(host, `${challengePath}${token}`) : undefined),
      options: { ...strict, ...options.ca },
    });
    this.invariants = new Invariants(this.cluster, this.ca);
  }

  /** Applies the Certificate `web/shop`. */
  apply(names: readonly string[], spec: Partial<CertificateRow['spec']> = {}): void {
    const { cluster } = this;
    const known = cluster.peek(certificates, shop);
    cluster.put(certificates, {
      apiVersion: 'evercert.dev/v1',
      kind: 'Certificate',
      metadata: { ...shop },
      spec: {
        secretName: shopSecret.name,
        dnsNames: [...names],
        issuerRef: { name: 'le', kind: 'ClusterIssuer' },
        ...spec,
      },
    });
    if (known === undefined) this.#route();
  }

  annotate(key: string, value: string): void {
    const known = this.cluster.peek(certificates, shop);
    if (known === undefined) throw new Error('there is no Certificate');
    const { metadata } = known;
    this.cluster.put(certificates, {
      ...known,
      metadata: { ...metadata, annotations: { ...metadata.annotations, [key]: value } },
    });
  }

  /** Asks for a renewal now, as a user does. */
  renew(): void {
    this.annotate(annotations.renew, this.clock.now().toISOString());
  }

  get certificate(): CertificateRow {
    const object = this.cluster.peek(certificates, shop);
    if (object === undefined) throw new Error('there is no Certificate');
    return projectCertificate(object);
  }

  /** A condition as `status reason`. */
  condition(type: string): string {
    const found = this.certificate.status.conditions?.find((one) => one.type === type);
    return found === undefined ? 'absent' : `${found.status} ${found.reason}`;
  }

  /** Starts a process with fresh caches. */
  start(): Process {
    const { cluster, clock, log } = this;
    const process = new Process();
    this.#processes.push(process);
    const certificateCache = cluster.cache(certificateSource);
    const caches = {
      certificates: certificateCache,
      issuers: cluster.cache(issuerSource),
      clusterIssuers: cluster.cache(clusterIssuerSource),
      ingresses: cluster.cache(ingressSource(operatorNamespace)),
      endpoints: cluster.cache(endpointSource(operatorNamespace)),
      secrets: cluster.cache(secretSource),
    };
    const wired = this.#options.wiring ?? ((network: Network) => network);
    const network = process.connect(wired({ client: cluster.client, acme: this.ca.clientOf }), (call, send, by) => {
      this.calls.push(call);
      const sent: typeof send = async () => {
        this.invariants.request(call);
        const answer = await send();
        this.happened(call);
        return answer;
      };
      return this.carry(call, sent, by);
    });
    const controller = certificateController({
      ...network,
      clock: process.clockOf(clock),
      log,
      events: { publish: (note) => this.events.push(note) },
      // A pass begins by looking its Certificate up; a change of one that was written comes before a pass.
      caches: { ...caches, certificates: told(certificateCache, () => this.#passBegins(process)) },
      namespace: operatorNamespace,
      responderService,
      installation,
      // Whole milliseconds: sums of fractions may fall short of a timer for ever.
      random: () => 0,
      probe: async ({ host, path, expect, address }) => {
        const isLost = address === undefined && expect !== installation && this.halfRouted.has(host);
        const ok = !isLost && this.#served(host, path) === expect;
        return ok ? { ok } : { ok, problem: `http://${host} answered 404` };
      },
      onPass: () => process.passEnds(),
    });
    this.#caches.set(process, Object.values(caches));
    for (const cache of Object.values(caches)) cache.replay();
    void controller.run(process.ending.signal);
    return process;
  }

  /** Lets the caches of a process stand still, or catch up. */
  lag(process: Process, lags: boolean): void {
    for (const cache of this.#caches.get(process) ?? []) {
      cache.lags = lags;
      if (!lags) cache.catchUp();
    }
  }

  /** Gives the issuer another account key, as its own controller would. */
  async changeAccount(): Promise<void> {
    await this.#putAccount(await generateKey({ algorithm: 'ECDSA', size: 256 }));
  }

  /** Moves time; a process that dies meanwhile is replaced by a new one. */
  async advance(ms: number): Promise<void> {
    const until = this.clock.monotonicMs() + ms;
    for (;;) {
      await this.#idle();
      if (this.#processes.every(({ dead }) => dead)) {
        this.start();
        continue;
      }
      const next = this.clock.nextInMs;
      if (next === undefined || this.clock.monotonicMs() + next > until) break;
      await this.clock.advance(next);
    }
    await this.clock.advance(until - this.clock.monotonicMs());
  }

  /** Runs one process alone until nothing is left to do, and ends it; the caches of the next are fresh. */
  async settleAlone(): Promise<void> {
    const process = this.start();
    await this.advance(120_000);
    process.kill();
  }

  /** Ends every process; time goes by without one. */
  async advanceAlone(ms: number): Promise<void> {
    this.killAll();
    await this.clock.advance(ms);
  }

  killAll(): void {
    for (const process of this.#processes) process.kill();
  }

  /** Virtual time waits for passes: keys and signatures are made off the event loop. */
  async #idle(): Promise<void> {
    const deadline = performance.now() + 10_000;
    do {
      await this.clock.settle();
      if (performance.now() > deadline) throw new Error(`a pass does not end: ${this.calls.slice(-5).join(', ')}`);
      if (this.#instant.passes > passesAtOnce) throw new Error('passes follow each other without end');
    } while (this.#processes.some(({ busy }) => busy));
  }

  /** A loop that never waits would never let the event loop turn again: its process is stopped. */
  #passBegins(process: Process): void {
    if (!process.passBegins()) return;
    const at = this.clock.monotonicMs();
    this.#instant = { at, passes: at === this.#instant.at ? this.#instant.passes + 1 : 1 };
    if (this.#instant.passes > passesAtOnce) process.kill();
  }

  #served(host: string, path: string): string | undefined {
    const token = path.slice(challengePath.length);
    if (token === reachabilityToken) return installation;
    for (const key of this.cluster.names(certificates)) {
      const [namespace = '', name = ''] = key.split('/');
      const object = this.cluster.peek(certificates, { namespace, name });
      const order = object === undefined ? undefined : projectCertificate(object).status.order;
      if (order?.state !== 'pending') continue;
      const isOurs = order.identifiers.some((one) => one.value === host && one.token === token);
      if (isOurs) return `${token}.${order.thumbprint}`;
    }
    return undefined;
  }

  async #furnish(): Promise<void> {
    await this.#putAccount(await accountKey);
    this.cluster.put(endpointSlices, responders(operatorNamespace, responderService));
  }

  async #putAccount(keyPem: string): Promise<void> {
    const client = this.ca.clientOf({ directoryUrl: 'https://ca.test/directory', keyPem });
    const { url } = await client.createAccount({ contact: [], termsOfServiceAgreed: true });
    this.cluster.put(secrets, accountKeySecret(operatorNamespace, keyPem));
    this.cluster.put(clusterIssuers, issuer(url, jwkThumbprint(keyPem)));
  }

  #route(): void {
    const { uid } = this.certificate;
    this.cluster.put(ingresses, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { namespace: operatorNamespace, name: `evercert-${uid}`, labels: { [labels.certificateUID]: uid } },
      spec: {},
    });
  }
}

/** A cache that tells when a row is looked up. */
function told(cache: MemoryCache<CertificateRow>, looked: () => void): MemoryCache<CertificateRow> {
  return Object.assign(Object.create(cache) as MemoryCache<CertificateRow>, {
    get: (key: string) => {
      looked();
      return cache.get(key);
    },
    list: () => cache.list(),
    by: (index: string, value: string) => cache.by(index, value),
    onChange: (...listener: Parameters<typeof cache.onChange>) => cache.onChange(...listener),
  });
}
