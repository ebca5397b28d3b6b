import { readFileSync } from 'node:fs';
import type { Certificate } from '../../../src/api/index.ts';
import { type Cache, connect, type KubeClient, type KubeObject, secrets } from '../../../src/kube/index.ts';
import { certificateThat, followCertificates } from '../../kit/certificates.ts';
import { type RunningEvercert, startEvercert } from '../../kit/evercert.ts';
import { apply, environment, kubectl } from '../../kit/inside.ts';

/** A Secret, its values in base64. */
export interface Secret extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

interface Options {
  /** Of the ClusterIssuer; its account is `<issuer>-account`. */
  readonly issuer: string;
  /** Where the Certificates live; made, and deleted in the end, unless it is `default`. */
  readonly namespace: string;
  /** What the issuer says besides. */
  readonly acme?: object;
  /** How long {@link IssuingWorld.until} waits. Default: 30,000. */
  readonly longestMs?: number;
}

/**
 * The whole operator and two responders in this process, with a ready ClusterIssuer at Pebble and a real API server, so that
 * Certificates are issued. Disposed of, it leaves no Certificate, issuer or Secret behind.
 */
export class IssuingWorld implements AsyncDisposable {
  readonly client: KubeClient;
  readonly evercert: RunningEvercert;
  readonly #options: Options;
  readonly #cache: Cache<Certificate>;
  readonly #ending: AbortController;
  readonly #following: Promise<void>;

  private constructor(parts: { client: KubeClient; evercert: RunningEvercert; options: Options }) {
    this.client = parts.client;
    this.evercert = parts.evercert;
    this.#options = parts.options;
    this.#ending = new AbortController();
    const { cache, running } = followCertificates(this.client, this.#ending.signal);
    this.#cache = cache;
    this.#following = running;
  }

  static async start(options: Options): Promise<IssuingWorld> {
    const { issuer, namespace, acme } = options;
    const kubeconfig = environment('KUBECONFIG');
    const client = connect({ kubeconfig, userAgent: 'evercert-test' });
    await kubectl('apply', '--server-side', '-f', 'crds/');
    await kubectl('wait', '--for=condition=Established', 'crd/certificates.evercert.dev', '--timeout=20s');
    if (namespace !== 'default') await kubectl('create', 'namespace', namespace);
    const evercert = await startEvercert({ client, kubeconfig, address: environment('INGRESS_IP') });
    const world = new IssuingWorld({ client, evercert, options });
    await world.#cache.whenSynced(world.#ending.signal);
    await apply(clusterIssuerOf(issuer, { ...acmeOf(`${issuer}-account`), ...acme }));
    await kubectl('wait', `clusterissuer.evercert.dev/${issuer}`, '--for=condition=Ready', '--timeout=20s');
    return world;
  }

  /** A Certificate for `<name>.test` unless told, into `<name>-tls`. */
  certificate(name: string, spec: object = {}, annotations: Readonly<Record<string, string>> = {}): object {
    const { issuer, namespace } = this.#options;
    return {
      apiVersion: 'evercert.dev/v1',
      kind: 'Certificate',
      metadata: { name, namespace, annotations },
      spec: {
        secretName: `${name}-tls`,
        dnsNames: [`${name}.test`],
        issuerRef: { kind: 'ClusterIssuer', name: issuer },
        ...spec,
      },
    };
  }

  /** Waits until a Certificate is such; `what` completes "waited in vain for it …". */
  until(name: string, what: string, is: (certificate: Certificate) => boolean): Promise<Certificate> {
    const { namespace, longestMs: timeoutMs = 30_000 } = this.#options;
    return certificateThat(this.#cache, `${namespace}/${name}`, { is, what, timeoutMs });
  }

  /** The Secret `<name>-tls`. */
  secretOf(name: string): Promise<Secret | undefined> {
    return this.client.get<Secret>(secrets, { namespace: this.#options.namespace, name: `${name}-tls` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { namespace } = this.#options;
    await kubectl('delete', 'certificates.evercert.dev,secrets', '--all', '-n', namespace);
    await kubectl('delete', 'clusterissuers.evercert.dev', '--all');
    await this.evercert[Symbol.asyncDispose]();
    const made = namespace === 'default' ? [] : [namespace];
    await kubectl('delete', 'namespace', ...made, this.evercert.namespace, '--wait=false');
    this.#ending.abort();
    await this.#following;
    await this.client.close();
  }
}

/** What an issuer says of Pebble, with an account of its own. */
export function acmeOf(account: string): object {
  return {
    server: environment('ACME_DIRECTORY'),
    caBundle: readFileSync(environment('ACME_CA_FILE')).toString('base64'),
    privateKeySecretRef: { name: account },
    solvers: [{ http01: { ingress: { ingressClassName: environment('INGRESS_CLASS') } } }],
  };
}

/** A ClusterIssuer. */
export function clusterIssuerOf(name: string, acme: object): object {
  return { apiVersion: 'evercert.dev/v1', kind: 'ClusterIssuer', metadata: { name }, spec: { acme } };
}
