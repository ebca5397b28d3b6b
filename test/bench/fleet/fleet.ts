import { readFileSync } from 'node:fs';
import { Agent, fetch } from 'undici';
import { annotations, type Certificate, certificates } from '../../../src/api/index.ts';
import { type Cache, type KubeObject, keyOf, secrets } from '../../../src/kube/index.ts';
import { followCertificates, says } from '../../kit/certificates.ts';
import { apply, environment, kubectl } from '../../kit/inside.ts';
import { Awaited } from '../awaited.ts';
import { standingRoute } from '../issuance/standing-route.ts';
import { manager, namespace, type Surroundings } from '../issuance/surroundings.ts';

const size = 300;
/** So many are issued at once at first. */
const atOnce = 50;
const limitMs = 300_000;
const limits = { newOrders: { count: 10, period: '2s' } };
const evercert = 'evercert';

interface StoredSecret extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

/** Certificates of one name each, whose Secrets an ingress controller serves. */
export class Fleet implements AsyncDisposable {
  readonly world: Surroundings;
  readonly hosts = Array.from({ length: size }, (_, index) => `fleet-${index}.example`);
  /** PEM of the root of what the CA issues. */
  readonly root = readFileSync(environment('ACME_ROOT_FILE'), 'utf8');
  readonly #certificates: Cache<Certificate>;
  readonly #awaited: Awaited<Certificate>;
  readonly #parts: AsyncDisposableStack;

  private constructor(world: Surroundings, cache: Cache<Certificate>, parts: AsyncDisposableStack) {
    this.world = world;
    this.#certificates = cache;
    this.#awaited = new Awaited(cache);
    this.#parts = parts;
  }

  static async open(world: Surroundings): Promise<Fleet> {
    await using stack = new AsyncDisposableStack();
    stack.defer(() => world.client.close());
    const ending = new AbortController();
    const { cache, running } = followCertificates(world.client, ending.signal);
    stack.defer(async () => {
      ending.abort();
      await running;
    });
    await cache.whenSynced(ending.signal);
    return new Fleet(world, cache, stack.move());
  }

  /** Has every certificate issued, and served by the ingress controller. */
  async issue(): Promise<void> {
    const issuer = await standingRoute(this.world);
    for (let from = 0; from < size; from += atOnce) {
      await Promise.all(this.hosts.slice(from, from + atOnce).map((host) => this.#first(host, issuer)));
    }
    await apply({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'fleet', namespace },
      spec: {
        ingressClassName: this.world.ingressClass,
        tls: this.hosts.map((host) => ({ hosts: [host], secretName: host })),
        defaultBackend: { service: { name: 'nobody', port: { number: 80 } } },
      },
    });
  }

  /** From now on the CA takes no more orders than this, as its issuer says. */
  async limitOrders(): Promise<void> {
    await standingRoute(this.world, limits);
  }

  /** Has every certificate look as if it had been stored two hours ago: none is renewed in its first hour, whatever its CA says. */
  async age(): Promise<void> {
    const noted = { [annotations.issuedAt]: new Date(Date.now() - 7_200_000).toISOString() };
    for (const name of this.hosts) {
      const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, annotations: noted } };
      await this.world.client.apply(secrets, object, { manager: `${manager}-age`, force: true });
    }
  }

  /** Moves the CA's window for the renewal of every certificate into the past. */
  async wantRenewal(): Promise<void> {
    const dispatcher = new Agent({ connect: { ca: this.world.acmeCA } });
    const [start, end] = [7_200_000, 3_600_000].map((agoMs) => new Date(Date.now() - agoMs).toISOString());
    const wish = { suggestedWindow: { start, end }, explanationURL: 'https://ca.example/incident' };
    for (const name of this.hosts) {
      const secret = await this.world.client.get<StoredSecret>(secrets, { namespace, name });
      const pem = Buffer.from(secret?.data['tls.crt'] ?? '', 'base64').toString('utf8');
      const body = JSON.stringify({ Certificate: pem, ARIResponse: JSON.stringify(wish) });
      const url = `${environment('PEBBLE_MANAGEMENT')}/set-renewal-info/`;
      const answer = await fetch(url, { method: 'POST', body, dispatcher });
      if (!answer.ok) throw new Error(`Pebble takes no renewal information for ${name}: ${await answer.text()}`);
    }
    await dispatcher.close();
  }

  /**
   * Has the other operator lead. The CA had told the first one to ask again in six hours, and was not asked since; a new leader
   * asks for every certificate.
   */
  async changeLeader(): Promise<void> {
    const path = '-o=jsonpath={.spec.holderIdentity}';
    const leader = await kubectl('get', 'lease', 'evercert-operator', '-n', evercert, path);
    await kubectl('delete', 'pod', leader, '-n', evercert, '--wait=false');
  }

  /** Resolves when each has another certificate than when it was asked. Milliseconds from `begun`, for each. */
  untilReplaced(begun: number): Promise<number[]> {
    return Promise.all(
      this.hosts.map(async (host) => {
        await this.#ready(host, this.fingerprint(host));
        return performance.now() - begun;
      }),
    );
  }

  /** What the status of a Certificate tells of. */
  fingerprint(host: string): string | undefined {
    return this.#certificates.get(keyOf({ namespace, name: host }))?.status?.fingerprint;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }

  async #first(host: string, issuer: string): Promise<void> {
    const object = {
      apiVersion: 'evercert.dev/v1',
      kind: 'Certificate',
      metadata: { name: host, namespace },
      spec: { secretName: host, dnsNames: [host], issuerRef: { kind: 'ClusterIssuer', name: issuer } },
    };
    await this.world.client.apply(certificates, object, { manager });
    await this.#ready(host, undefined);
  }

  async #ready(host: string, before: string | undefined): Promise<void> {
    const isReady = (one: Certificate | undefined): boolean =>
      one?.status?.fingerprint !== undefined && one.status.fingerprint !== before && says(one, 'Ready', 'True');
    const describe = (one: Certificate | undefined): string =>
      (one?.status?.conditions ?? []).map(({ type, status, message }) => `${type}=${status} ${message}`).join('; ');
    await this.#awaited.until(keyOf({ namespace, name: host }), isReady, { timeoutMs: limitMs, describe });
  }
}
