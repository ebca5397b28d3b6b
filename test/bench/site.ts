import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { annotations, type Certificate, certificates, group, issuers } from '../../src/api/index.ts';
import { type Cache, connect, type KubeClient, type KubeObject, keyOf, type Resource } from '../../src/kube/index.ts';
import { followCertificates, says } from '../kit/certificates.ts';
import { type RunningResponders, startResponders } from '../kit/evercert.ts';
import { environment, kubectl } from '../kit/inside.ts';
import { within } from '../kit/until.ts';
import { Awaited } from './awaited.ts';

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const apiVersion = `${group}/v1`;
const manager = 'bench';
const issuer = 'ca';
const issuedLimitMs = 120_000;

interface SiteOptions {
  /** Of the namespace, which ends in something random. */
  readonly name: string;
  /** Of this machine, which an EndpointSlice may name. */
  readonly address: string;
  readonly ingressClass: string;
}

/** A namespace with responders, an issuer and Certificates, whose operators come and go. */
export class Site implements AsyncDisposable {
  readonly namespace: string;
  readonly kubeconfig: string;
  /** Goes straight to the API server. */
  readonly client: KubeClient;
  readonly responders: RunningResponders;
  readonly #certificates: Cache<Certificate>;
  readonly #awaited: Awaited<Certificate>;
  readonly #parts: AsyncDisposableStack;

  private constructor(
    parts: Pick<Site, 'namespace' | 'kubeconfig' | 'client' | 'responders'>,
    cache: Cache<Certificate>,
    stack: AsyncDisposableStack,
  ) {
    this.namespace = parts.namespace;
    this.kubeconfig = parts.kubeconfig;
    this.client = parts.client;
    this.responders = parts.responders;
    this.#certificates = cache;
    this.#awaited = new Awaited(cache);
    this.#parts = stack;
  }

  static async open({ name, address, ingressClass }: SiteOptions): Promise<Site> {
    await using stack = new AsyncDisposableStack();
    await kubectl('apply', '-f', 'crds/');
    await kubectl('wait', '--for=condition=Established', '--timeout=30s', '-f', 'crds/');
    const kubeconfig = environment('KUBECONFIG');
    const client = connect({ kubeconfig, userAgent: 'evercert-bench' });
    stack.defer(() => client.close());
    const namespace = `${name}-${randomBytes(3).toString('hex')}`;
    await client.apply(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, { manager });
    const responders = stack.use(await startResponders({ client, kubeconfig, address }, namespace));
    const ending = new AbortController();
    const { cache, running } = followCertificates(client, ending.signal);
    stack.defer(async () => {
      ending.abort();
      await running;
    });
    await cache.whenSynced(ending.signal);
    const site = new Site({ namespace, kubeconfig, client, responders }, cache, stack.move());
    await site.#apply(issuers, { kind: 'Issuer', name: issuer, spec: { acme: acme(ingressClass) } });
    return site;
  }

  /** Asks for a certificate, and resolves once it is issued. */
  async issue(name: string): Promise<void> {
    await this.request(name);
    await this.issued(name, undefined);
  }

  /** The one name of a Certificate. */
  hostOf(name: string): string {
    return `${name}.${this.namespace}.test`;
  }

  /** Asks for a certificate. */
  async request(name: string): Promise<void> {
    const spec = {
      secretName: secretNameOf(name),
      dnsNames: [this.hostOf(name)],
      issuerRef: { kind: 'Issuer', name: issuer },
    };
    await this.#apply(certificates, { kind: 'Certificate', name, spec });
  }

  /** Asks for a renewal, and gives the fingerprint of the certificate that it replaces. */
  async renew(name: string): Promise<string | undefined> {
    const before = this.certificate(name)?.status?.fingerprint;
    const metadata = {
      name,
      namespace: this.namespace,
      annotations: { [annotations.renew]: new Date().toISOString() },
    };
    const object: KubeObject = { apiVersion, kind: 'Certificate', metadata };
    // Another manager for the annotation: an apply takes away what its own manager no longer says.
    await this.client.apply(certificates, object, { manager: `${manager}-renew`, force: true });
    return before;
  }

  /** Resolves once a certificate is issued that is not the one before. */
  async issued(name: string, before: string | undefined): Promise<void> {
    const isIssued = (one: Certificate | undefined): boolean =>
      one?.status?.fingerprint !== undefined && one.status.fingerprint !== before && says(one, 'Ready', 'True');
    await this.#awaited.until(this.#key(name), isIssued, { timeoutMs: issuedLimitMs, describe });
  }

  /** Deletes every Certificate, and resolves once their routes are gone. */
  async clear(): Promise<void> {
    await kubectl('delete', 'evcert', '--all', '-n', this.namespace, '--wait=false');
    const routes = (): Promise<string> => kubectl('get', 'ingress', '-n', this.namespace, '-o', 'name');
    await within(issuedLimitMs, 'the routes are gone', async () => (await routes()) === '');
  }

  /** As the watch shows it. */
  certificate(name: string): Certificate | undefined {
    return this.#certificates.get(this.#key(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }

  #key(name: string): string {
    return keyOf({ namespace: this.namespace, name });
  }

  async #apply(resource: Resource, { kind, name, spec }: { kind: string; name: string; spec: object }): Promise<void> {
    const object = { apiVersion, kind, metadata: { name, namespace: this.namespace }, spec };
    await this.client.apply<KubeObject>(resource, object, { manager });
  }
}

/** The Secret of a Certificate. */
export function secretNameOf(name: string): string {
  return `${name}-tls`;
}

function acme(ingressClassName: string): object {
  return {
    server: environment('ACME_DIRECTORY'),
    caBundle: readFileSync(environment('ACME_CA_FILE')).toString('base64'),
    privateKeySecretRef: { name: `${issuer}-account` },
    solvers: [{ http01: { ingress: { ingressClassName } } }],
  };
}

function describe(one: Certificate | undefined): string {
  return (one?.status?.conditions ?? []).map(({ type, status, message }) => `${type}=${status} ${message}`).join('; ');
}
