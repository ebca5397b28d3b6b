import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { annotations, type Certificate, certificates, group, issuers } from '../../../src/api/index.ts';
import { connect, deployments, type KubeClient, type KubeObject, type Resource } from '../../../src/kube/index.ts';
import { startResponders } from '../../kit/evercert.ts';
import { environment } from '../../kit/inside.ts';
import { Kubelet } from '../../kit/kubelet.ts';
import { OperatorProcess } from '../../kit/operator-process.ts';
import { within } from '../../kit/until.ts';
import { ChaosProxy } from '../proxy/index.ts';
import { History } from './history.ts';

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const manager = 'user';
const issuer = 'ca';

/** The Certificate of one trial. */
export interface Shop {
  readonly name: string;
  readonly secretName: string;
  /** Names that lead to the ingress; the first trial takes the first of them. */
  readonly hosts: readonly [string, string, string];
}

/**
 * A namespace with an operator that knows no other, behind a proxy of its own; several can stand side by side on one API
 * server. Its responders and its history are not disturbed.
 */
export class Site implements AsyncDisposable {
  readonly namespace: string;
  readonly client: KubeClient;
  readonly proxy: ChaosProxy;
  readonly history: History;
  /** The lines that its operators have logged. */
  readonly log: string[] = [];
  readonly #kubelet: RunningKubelet;
  readonly #program: string;
  readonly #parts: AsyncDisposableStack;
  #operator: OperatorProcess | undefined;
  #shops = 0;

  private constructor(
    parts: Pick<Site, 'namespace' | 'client' | 'proxy' | 'history'> & { readonly kubelet: RunningKubelet },
    { program, stack }: { readonly program: string; readonly stack: AsyncDisposableStack },
  ) {
    this.namespace = parts.namespace;
    this.client = parts.client;
    this.proxy = parts.proxy;
    this.history = parts.history;
    this.#kubelet = parts.kubelet;
    this.#program = program;
    this.#parts = stack;
  }

  /** Makes one, whose operator runs and whose issuer is ready; `program` is the path of the bundle. */
  static async open(program: string): Promise<Site> {
    await using stack = new AsyncDisposableStack();
    const kubeconfig = environment('KUBECONFIG');
    const client = connect({ kubeconfig, userAgent: 'evercert-chaos' });
    stack.defer(() => client.close());
    await within(30_000, 'Certificates are served', () => isServed(client));
    const namespace = `chaos-${randomBytes(4).toString('hex')}`;
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    const { metadata } = await client.apply<KubeObject>(namespaces, object, { manager });
    stack.defer(() => client.remove(namespaces, { name: namespace }, { uid: metadata.uid ?? '' }));
    stack.use(await startResponders({ client, kubeconfig, address: environment('INGRESS_IP') }, namespace));
    const ca = { directory: environment('ACME_DIRECTORY'), bundle: readFileSync(environment('ACME_CA_FILE'), 'utf8') };
    const proxy = stack.use(await ChaosProxy.start({ kubeconfig, ca, namespace }));
    const history = stack.use(await History.follow(client, namespace));
    const kubelet = stack.use(startKubelet(client, namespace));
    await using opening = new AsyncDisposableStack();
    const site = opening.use(
      new Site({ namespace, client, proxy, history, kubelet }, { program, stack: stack.move() }),
    );
    await site.start();
    await site.#registerIssuer();
    opening.move();
    return site;
  }

  /**
   * Starts an operator where none runs. It works without a Lease: it and the one that follows it are never there at once, and
   * to wait for the Lease of a dead one would take 15 s.
   */
  async start(): Promise<void> {
    const { namespace, proxy, log } = this;
    const onLine = (line: string): void => void log.push(line);
    this.#operator ??= await OperatorProcess.start({
      program: this.#program,
      namespace,
      kubeconfig: proxy.kubeconfig,
      identity: 'chaos',
      elected: false,
      onLine,
    });
  }

  /** Kills the operator by SIGKILL, where one runs. */
  async kill(): Promise<void> {
    const operator = this.#operator;
    this.#operator = undefined;
    await operator?.kill();
  }

  /** Names for a Certificate that there has not been yet. */
  newShop(): Shop {
    this.#shops += 1;
    const name = `shop-${this.#shops}`;
    const host = `${name}.${this.namespace}.test`;
    return { name, secretName: `${name}-tls`, hosts: [host, `a.${host}`, `b.${host}`] };
  }

  /** Applies a trial's Certificate, as its user does. */
  async apply({ name, secretName }: Shop, dnsNames: readonly string[]): Promise<void> {
    const spec = { secretName, dnsNames: [...dnsNames], issuerRef: { name: issuer, kind: 'Issuer' } };
    const metadata = { namespace: this.namespace, name };
    await this.client.apply(
      certificates,
      { apiVersion: `${group}/v1`, kind: 'Certificate', metadata, spec } as KubeObject,
      { manager },
    );
  }

  /** Makes a Deployment that mounts the Secret of a trial, and waits until its pod runs. */
  async serve({ name, secretName }: Shop): Promise<void> {
    const selector = { app: name };
    const container = { name: 'web', image: 'nginx', volumeMounts: [{ name: 'tls', mountPath: '/tls' }] };
    const volumes = [{ name: 'tls', secret: { secretName } }];
    const template = { metadata: { labels: selector }, spec: { containers: [container], volumes } };
    const spec = { replicas: 1, selector: { matchLabels: selector }, template };
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: this.namespace, name }, spec };
    await this.client.apply(deployments, object, { manager });
    await within(60_000, 'the pod runs', () => this.#kubelet.ready(name) === 1);
  }

  /** Asks for a renewal, as `kubectl annotate` does. */
  async renew({ name }: Shop): Promise<void> {
    const metadata = {
      namespace: this.namespace,
      name,
      annotations: { [annotations.renew]: new Date().toISOString() },
    };
    const object = { apiVersion: `${group}/v1`, kind: 'Certificate', metadata };
    await this.client.apply(certificates, object, { manager: `${manager}-renew` });
  }

  /** The Certificate as it is, read from the API server. */
  async certificate({ name }: Shop): Promise<Certificate | undefined> {
    return this.client.get<Certificate>(certificates, { namespace: this.namespace, name });
  }

  /** Deletes an object, where it is there. */
  async remove(resource: Resource, name: string): Promise<void> {
    const ref = { namespace: this.namespace, name };
    const uid = (await this.client.get(resource, ref))?.metadata.uid;
    if (uid !== undefined) await this.client.remove(resource, ref, { uid });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { metadata } of this.history.list(certificates)) await this.remove(certificates, metadata.name);
    await this.kill();
    await this.#parts.disposeAsync();
  }

  async #registerIssuer(): Promise<void> {
    const { directory = '', bundle = '' } = this.proxy.ca ?? {};
    const acme = {
      server: directory,
      caBundle: Buffer.from(bundle).toString('base64'),
      privateKeySecretRef: { name: `${issuer}-account` },
      solvers: [{ http01: { ingress: { ingressClassName: environment('INGRESS_CLASS') } } }],
    };
    const ref = { namespace: this.namespace, name: issuer };
    const object = { apiVersion: `${group}/v1`, kind: 'Issuer', metadata: ref, spec: { acme } };
    await this.client.apply(issuers, object, { manager });
    await within(120_000, 'the issuer is ready', async () => isReady(await this.client.get(issuers, ref)));
  }
}

interface RunningKubelet extends AsyncDisposable {
  /** How many pods of an app are ready. */
  ready(app: string): number;
}

/** There is no node: it plays one. */
function startKubelet(client: KubeClient, namespace: string): RunningKubelet {
  const kubelet = new Kubelet(client, namespace);
  const ending = new AbortController();
  const running = kubelet.run(ending.signal);
  return {
    ready: (app) => kubelet.ready(app),
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running;
      await kubelet.stop();
    },
  };
}

/** A CRD may be Established a moment before its objects can be listed. */
async function isServed(client: KubeClient): Promise<boolean> {
  return client.list(certificates, {}, { limit: 1 }).then(
    () => true,
    () => false,
  );
}

interface Conditioned extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Whether an object says that it is Ready, in its present generation. */
export function isReady(object: Conditioned | undefined): boolean {
  const { observedGeneration, conditions = [] } = object?.status ?? {};
  return (
    observedGeneration === object?.metadata.generation &&
    conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  );
}
