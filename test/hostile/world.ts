import { type AccountAccess, type AcmeClient, acmeClients } from '../../src/acme/index.ts';
import {
  annotations,
  type Certificate,
  certificates,
  clusterIssuers,
  group,
  type Issuer,
} from '../../src/api/index.ts';
import { type KubeObject, secrets } from '../../src/kube/index.ts';
import { clusterIssuer, furniture } from '../sim/world/objects.ts';
import { takingNoTime } from '../sim/world/settle.ts';
import { World } from '../sim/world/world.ts';
import { HostileCa } from './ca.ts';

const userAgent = 'evercert/0.1.0 (hostile)';
const minuteMs = 60_000;

/**
 * The whole operator in the simulated world, with two CAs on real sockets: one that may turn hostile, whose ClusterIssuer
 * is `ca`, and an honest one, `good`. Virtual time stands still while a request to either is under way.
 */
export class HostileWorld implements AsyncDisposable {
  readonly sim: World;
  readonly ca: HostileCa;
  readonly good: HostileCa;
  /** How long the longest call to the hostile CA took, in real milliseconds. */
  longestCallMs = 0;

  /** `timeoutMs` is the deadline of a request to the CA that may turn hostile. */
  static async make({ timeoutMs }: { timeoutMs: number }): Promise<HostileWorld> {
    const clock = { now: (): Date => new Date() };
    const [ca, good] = [await HostileCa.start(() => clock.now()), await HostileCa.start(() => clock.now())];
    const world = new HostileWorld({ ca, good, timeoutMs });
    clock.now = () => world.sim.clock.now();
    for (const [resource, object] of furniture) await world.sim.apply(resource, object);
    return world;
  }

  private constructor({ ca, good, timeoutMs }: { ca: HostileCa; good: HostileCa; timeoutMs: number }) {
    this.ca = ca;
    this.good = good;
    const clients = acmeClients({ userAgent });
    const watched = acmeClients({ userAgent, timeoutMs });
    const acme = (access: AccountAccess): AcmeClient =>
      access.directoryUrl === ca.directoryUrl ? this.#timed(watched(access)) : this.#timed(clients(access));
    this.sim = new World({ wiring: ({ client }) => ({ client, acme }) });
  }

  /** Makes the ClusterIssuers of both CAs. */
  async issuers(): Promise<void> {
    for (const [name, { directoryUrl, caBundle }] of [
      ['ca', this.ca],
      ['good', this.good],
    ] as const) {
      const [resource, issuer] = clusterIssuer(name);
      const { acme } = issuer['spec'] as { acme: object };
      const server = { server: directoryUrl, caBundle: Buffer.from(caBundle).toString('base64') };
      await this.sim.apply(resource, { ...issuer, spec: { acme: { ...acme, ...server } } });
    }
  }

  /** Applies the Certificate `web/NAME` for `NAME.example` and `www.NAME.example`. */
  async ask(name: string, issuer = name): Promise<void> {
    const spec = {
      secretName: `${name}-tls`,
      dnsNames: [`${name}.example`, `www.${name}.example`],
      issuerRef: { name: issuer, kind: 'ClusterIssuer' },
    };
    const metadata = { namespace: 'web', name };
    await this.sim.apply(certificates, { apiVersion: `${group}/v1`, kind: 'Certificate', metadata, spec });
  }

  /** Asks for a renewal now, as `kubectl annotate` does. */
  async renew(name: string): Promise<void> {
    const noted = { [annotations.renew]: this.sim.clock.now().toISOString() };
    const metadata = { namespace: 'web', name, annotations: noted };
    const object = { apiVersion: `${group}/v1`, kind: 'Certificate', metadata };
    await this.sim.user.apply(certificates, object, { manager: 'user-renew', force: true });
  }

  advance(minutes: number): Promise<void> {
    return this.sim.advance(minutes * minuteMs);
  }

  certificate(name: string): Certificate {
    const found = this.sim.truth.get(certificates, { namespace: 'web', name });
    if (found === undefined) throw new Error(`there is no Certificate ${name}`);
    return found as Certificate;
  }

  issuer(name: string): Issuer {
    const found = this.sim.truth.get(clusterIssuers, { name });
    if (found === undefined) throw new Error(`there is no ClusterIssuer ${name}`);
    return found as Issuer;
  }

  /** The Secret of a Certificate, as it stands. */
  secret(name: string): KubeObject | undefined {
    return this.sim.truth.get(secrets, { namespace: 'web', name: `${name}-tls` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.sim.close();
    await this.sim.advance(0);
    await this.ca[Symbol.asyncDispose]();
    await this.good[Symbol.asyncDispose]();
  }

  /** The same client; the world waits for each of its calls. */
  #timed(client: AcmeClient): AcmeClient {
    return new Proxy(client, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]): Promise<unknown> => {
          const started = performance.now();
          const call = Promise.resolve(Reflect.apply(member, target, given) as Promise<unknown>);
          return takingNoTime(
            call.finally(() => {
              this.longestCallMs = Math.max(this.longestCallMs, performance.now() - started);
            }),
          );
        };
      },
    });
  }
}
