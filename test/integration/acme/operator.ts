import { setTimeout as delay } from 'node:timers/promises';
import type { AcmeRequestNote } from '../../../src/acme/index.ts';
import type { Certificate, Issuer } from '../../../src/api/index.ts';
import { isTrue } from '../../../src/api/index.ts';
import { type Chain, readChain } from '../../../src/pki/index.ts';
import { RealCaWorld } from '../../sim/world/real-cas.ts';
import { Pebble, type PebbleOptions } from './pebble.ts';

const stepMs = 50;
const longestMs = 40_000;

/**
 * The whole operator in the simulated world, at a real Pebble that validates at the world's responders. Virtual time keeps pace with
 * real time, because Pebble takes some.
 */
export class OperatorAtPebble extends RealCaWorld implements AsyncDisposable {
  readonly pebble: Pebble;
  /** Every request to Pebble. */
  readonly requests: AcmeRequestNote[];

  /** An operator that runs, without any issuer. */
  static async start(options: PebbleOptions = {}): Promise<OperatorAtPebble> {
    const world = new OperatorAtPebble(await Pebble.start(options), []);
    await world.furnish();
    world.sim.start();
    return world;
  }

  private constructor(pebble: Pebble, requests: AcmeRequestNote[]) {
    super({ start: new Date(), optionsOf: () => ({ onRequest: (note) => requests.push(note) }) });
    this.pebble = pebble;
    this.requests = requests;
    pebble.answer = (host, path) => this.sim.web.body(host, path);
  }

  /** Makes the ClusterIssuer `pebble` and waits until it is Ready, or says otherwise. */
  async issuerReady(more: object = {}): Promise<Issuer> {
    await this.issue('pebble', this.pebble, more);
    return this.until('the issuer has an account', () => {
      const issuer = this.issuer('pebble');
      return ready(issuer)?.status === 'True' || isSettled(issuer) ? issuer : undefined;
    });
  }

  /** Waits until a Certificate holds what it asks for in a revision. */
  issued(name: string, revision = 1): Promise<Certificate> {
    return this.until(`revision ${revision} of ${name} is issued`, () => {
      const certificate = this.certificate(name);
      const { status } = certificate;
      return isTrue(status?.conditions, 'Ready') && (status?.revision ?? 0) >= revision ? certificate : undefined;
    });
  }

  /** Waits until a person is needed for a Certificate, and gives the message that says why. */
  held(name: string): Promise<string> {
    return this.until(`${name} is Stalled`, () => {
      return this.certificate(name).status?.conditions?.find(({ type }) => type === 'Stalled')?.message;
    });
  }

  /** Waits until an issuance has failed, and gives the message that says why. */
  blocked(name: string): Promise<string> {
    return this.until(`${name} is held up`, () => {
      const { conditions, failure } = this.certificate(name).status ?? {};
      const issuing = conditions?.find(({ type }) => type === 'Issuing');
      return issuing?.status === 'False' && issuing.reason === failure?.reason ? issuing.message : undefined;
    });
  }

  /** The chain in the Secret of a Certificate. */
  chain(name: string): Chain {
    return readChain(Buffer.from(this.secret(name)?.data?.['tls.crt'] ?? '', 'base64').toString());
  }

  countOf(resource: string): number {
    return this.requests.filter((note) => note.resource === resource).length;
  }

  /** Lets time go by until there is something; throws after 40 s, with what the Certificates say. */
  async until<T>(what: string, look: () => T | undefined): Promise<T> {
    const deadline = performance.now() + longestMs;
    for (;;) {
      const seen = look();
      if (seen !== undefined) return seen;
      if (performance.now() > deadline) throw new Error(`waited in vain until ${what}: ${this.#state()}`);
      await this.sim.advance(stepMs);
      await delay(stepMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.pebble[Symbol.asyncDispose]();
  }

  #state(): string {
    const told = this.sim.truth.all.flatMap(([id, object]) => {
      const { status } = object as Partial<Pick<Certificate, 'status'>>;
      return (status?.conditions ?? []).map(({ type, reason, message }) => `${id} ${type} ${reason}: ${message}`);
    });
    return told.join('\n');
  }
}

function ready({ status }: Issuer): { status: string; reason: string } | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

/** It was looked at, and an account is not what came of it. */
function isSettled(issuer: Issuer): boolean {
  const said = ready(issuer);
  return said?.status === 'False' && said.reason !== 'Pending';
}
