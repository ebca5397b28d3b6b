import { type AccountAccess, type AcmeClient, type AcmeClientsOptions, acmeClients } from '../../../src/acme/index.ts';
import {
  annotations,
  type Certificate,
  certificates,
  clusterIssuers,
  group,
  type Issuer,
} from '../../../src/api/index.ts';
import { type KubeObject, secrets } from '../../../src/kube/index.ts';
import { clusterIssuer, furniture } from './objects.ts';
import { takingNoTime } from './settle.ts';
import { World } from './world.ts';

/** A CA on real sockets. */
export interface RealCa {
  readonly directoryUrl: string;
  readonly caBundle: string;
}

/**
 * The whole operator in the simulated world, with the real ACME client and CAs on real sockets. Virtual time stands still while a
 * request to one of them is under way.
 */
export class RealCaWorld {
  readonly sim: World;

  /** `start`: when virtual time begins. `optionsOf`: how requests to a directory are made. */
  constructor(parts: { start?: Date; optionsOf?: (directoryUrl: string) => Partial<AcmeClientsOptions> } = {}) {
    const { start, optionsOf = () => ({}) } = parts;
    const clients = new Map<string, (access: AccountAccess) => AcmeClient>();
    const acme = (access: AccountAccess): AcmeClient => {
      const { directoryUrl } = access;
      const make =
        clients.get(directoryUrl) ?? acmeClients({ userAgent: 'evercert/0.1.0', ...optionsOf(directoryUrl) });
      clients.set(directoryUrl, make);
      return this.#timed(make(access), directoryUrl);
    };
    const wiring = ({ client }: { client: World['user'] }) => ({ client, acme });
    this.sim = new World({ wiring, ...(start === undefined ? {} : { start }) });
  }

  /** Told how long each call took, in real milliseconds. */
  protected onCall(_directoryUrl: string, _ms: number): void {}

  /** Makes what stands before any issuer. */
  async furnish(): Promise<void> {
    for (const [resource, object] of furniture) await this.sim.apply(resource, object);
  }

  /** Applies a ClusterIssuer of a CA. */
  async issue(name: string, { directoryUrl, caBundle }: RealCa, more: object = {}): Promise<void> {
    const [resource, issuer] = clusterIssuer(name);
    const { acme } = issuer['spec'] as { acme: object };
    const server = { server: directoryUrl, caBundle: Buffer.from(caBundle).toString('base64') };
    await this.sim.apply(resource, { ...issuer, spec: { acme: { ...acme, ...server, ...more } } });
  }

  /** Applies the Certificate `web/NAME` of the ClusterIssuer `NAME`, for `NAME.example` and `www.NAME.example` unless told. */
  async ask(name: string, more: object = {}): Promise<void> {
    const spec = {
      secretName: `${name}-tls`,
      dnsNames: [`${name}.example`, `www.${name}.example`],
      issuerRef: { name, kind: 'ClusterIssuer' },
      ...more,
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
  secret(name: string): (KubeObject & { readonly data?: Readonly<Record<string, string>> }) | undefined {
    return this.sim.truth.get(secrets, { namespace: 'web', name: `${name}-tls` });
  }

  /** Ends everything that runs. */
  async end(): Promise<void> {
    this.sim.close();
    await this.sim.advance(0);
  }

  /** The same client; the world waits for each of its calls. */
  #timed(client: AcmeClient, directoryUrl: string): AcmeClient {
    return new Proxy(client, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]): Promise<unknown> => {
          const started = performance.now();
          const call = Promise.resolve(Reflect.apply(member, target, given) as Promise<unknown>);
          return takingNoTime(call.finally(() => this.onCall(directoryUrl, performance.now() - started)));
        };
      },
    });
  }
}
