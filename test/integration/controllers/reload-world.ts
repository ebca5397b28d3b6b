import { randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { type Certificate, certificates, managers } from '../../../src/api/index.ts';
import { certificateSource } from '../../../src/controllers/certificate-row.ts';
import {
  daemonSetSource,
  deploymentSource,
  podSource,
  reloadController,
  secretSource,
  statefulSetSource,
} from '../../../src/controllers/reload/index.ts';
import {
  type Cache,
  connect,
  deployments,
  eventRecorder,
  type KubeClient,
  type KubeObject,
  listWatch,
  type Resource,
  type Source,
  secrets,
} from '../../../src/kube/index.ts';
import { probeTls } from '../../../src/probe/index.ts';
import { Pool, systemClock } from '../../../src/runtime/index.ts';
import { Kubelet } from '../../kit/kubelet.ts';
import { recordedLog } from '../../kit/log.ts';
import { selfSigned } from '../../kit/self-signed.ts';

const manager = 'test';
const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const accounts: Resource = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
};
const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** A Deployment as far as these tests look at it. */
export interface Deployment extends KubeObject {
  readonly spec: {
    readonly paused?: boolean;
    readonly template: { readonly metadata?: { annotations?: Record<string, string> } };
  };
}

/** A leaf that was put into a Secret. */
export interface Issued {
  readonly fingerprint: string;
}

/** One namespace with a kubelet for its pods and, from {@link ReloadWorld.start} on, a reload controller of its own. */
export class ReloadWorld implements AsyncDisposable {
  readonly namespace = `reload-${randomBytes(4).toString('hex')}`;
  readonly client: KubeClient;
  readonly kubelet: Kubelet;
  /** The reason of `Reloaded` after each change of a Certificate, as `<certificate> <reason>`. */
  readonly history: string[] = [];
  readonly log = recordedLog();
  readonly #watching = new AbortController();
  readonly #running: Promise<void>[] = [];
  #operator: { readonly stop: AbortController; readonly running: Promise<void> } | undefined;

  private constructor(client: KubeClient) {
    this.client = client;
    this.kubelet = new Kubelet(client, this.namespace);
  }

  static async create(): Promise<ReloadWorld> {
    const kubeconfig = process.env['KUBECONFIG'];
    if (kubeconfig === undefined) throw new Error('these tests need the API server that KUBECONFIG names');
    const world = new ReloadWorld(connect({ kubeconfig, userAgent: 'evercert-test' }));
    await world.#prepare();
    return world;
  }

  /** Starts a reload controller, as a new leader does. */
  start(): void {
    const stop = new AbortController();
    const parts = { client: this.client, clock: systemClock, log: this.log };
    const running: Promise<void>[] = [];
    const cacheOf = <Row>(source: Source<Row>): Cache<Row> => {
      const cache = listWatch(parts, { ...source, namespace: this.namespace });
      queueMicrotask(() => running.push(cache.run(stop.signal)));
      return cache;
    };
    const events = eventRecorder({ ...parts, controller: 'evercert.dev/operator', instance: 'test' });
    const controller = reloadController({
      ...parts,
      events,
      pool: new Pool({ clock: systemClock, slots: 4, slowSlots: 1, patienceMs: 1_000 }),
      probe: probeTls,
      caches: {
        certificates: cacheOf(certificateSource),
        secrets: cacheOf(secretSource),
        deployments: cacheOf(deploymentSource),
        statefulSets: cacheOf(statefulSetSource),
        daemonSets: cacheOf(daemonSetSource),
        pods: cacheOf(podSource),
      },
    });
    const all = async (): Promise<void> => {
      await controller.run(stop.signal);
      await Promise.all(running);
      await events.flush();
    };
    this.#operator = { stop, running: all() };
  }

  async stop(): Promise<void> {
    this.#operator?.stop.abort(new Error('the test stops the operator'));
    await this.#operator?.running;
    this.#operator = undefined;
  }

  /** Makes a Certificate, its Secret with a first leaf, and the status that its own controller writes. */
  async issueFirst(name: string, issuedAt: Date): Promise<Issued> {
    await this.client.apply(
      certificates,
      {
        apiVersion: 'evercert.dev/v1',
        kind: 'Certificate',
        metadata: { namespace: this.namespace, name },
        spec: { secretName: name, dnsNames: [`${name}.example.com`], issuerRef: { name: 'ca', kind: 'ClusterIssuer' } },
      } as KubeObject,
      { manager },
    );
    return this.issue(name, issuedAt);
  }

  /** Puts a new leaf into the Secret, then says so in the status: what the Certificate's own controller does. */
  async issue(name: string, issuedAt = new Date()): Promise<Issued> {
    const certificate = await this.certificate(name);
    const pair = await selfSigned(`${name}.example.com`);
    const fingerprint = new X509Certificate(pair.certificate).fingerprint256.replaceAll(':', '').toLowerCase();
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        namespace: this.namespace,
        name,
        labels: { 'evercert.dev/certificate-uid': certificate.metadata.uid ?? '' },
        annotations: { 'evercert.dev/fingerprint': fingerprint, 'evercert.dev/issued-at': issuedAt.toISOString() },
      },
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': pair.certificate, 'tls.key': pair.key },
    };
    this.kubelet.holds(name, pair);
    await this.client.apply(secrets, secret, { manager });
    await this.client.apply(
      certificates,
      {
        apiVersion: 'evercert.dev/v1',
        kind: 'Certificate',
        metadata: { namespace: this.namespace, name },
        status: { observedGeneration: certificate.metadata.generation, fingerprint },
      } as KubeObject,
      { manager: managers.certificate, subresource: 'status', force: true },
    );
    return { fingerprint };
  }

  async certificate(name: string): Promise<Certificate> {
    return this.#existing<Certificate>(certificates, name);
  }

  async deployment(name: string): Promise<Deployment> {
    return this.#existing<Deployment>(deployments, name);
  }

  /** How many pod templates a Deployment has had, an undone one counting again. */
  async revision(name: string): Promise<number> {
    return Number((await this.deployment(name)).metadata.annotations?.['deployment.kubernetes.io/revision']);
  }

  /** The reason of `Reloaded`, and what it says. */
  async reloaded(name: string): Promise<{ reason: string; message: string } | undefined> {
    return (await this.certificate(name)).status?.conditions?.find(({ type }) => type === 'Reloaded');
  }

  /** Applies a workload whose pods consume Secrets as volumes. */
  async make(resource: Resource, name: string, secretNames: readonly string[], spec: object = {}): Promise<KubeObject> {
    const volumes = secretNames.map((secretName) => ({ name: secretName, secret: { secretName } }));
    const labels = { app: name };
    const annotations =
      this.kubelet.tlsPort === undefined ? {} : { 'evercert.dev/tls-port': `${this.kubelet.tlsPort}` };
    const template = {
      metadata: { labels, annotations },
      spec: { containers: [{ name: 'web', image: 'nginx' }], volumes, automountServiceAccountToken: false },
    };
    const workload = {
      apiVersion: 'apps/v1',
      kind: resource.kind,
      metadata: { namespace: this.namespace, name },
      spec: { replicas: 2, selector: { matchLabels: labels }, template, ...spec },
    };
    return this.client.apply(resource, workload, { manager });
  }

  /** Makes a workload, and waits for its two pods; they count as an hour old. */
  async run(resource: Resource, name: string, secretNames: readonly string[], spec: object = {}): Promise<KubeObject> {
    this.kubelet.startedAgoMs = 3_600_000;
    const made = await this.make(resource, name, secretNames, spec);
    await until(`the pods of ${name} are ready`, async () => this.kubelet.ready(name) === 2);
    this.kubelet.startedAgoMs = 0;
    return made;
  }

  async until(what: string, is: () => Promise<boolean>): Promise<void> {
    try {
      await until(what, is);
    } catch (error) {
      throw new Error(`${String(error)}; ${this.history.join(', ')}; ${JSON.stringify(this.log.lines)}`, {
        cause: error,
      });
    }
  }

  /** Waits out whatever may still come: more than the debounce. Gives what it ran into. */
  async quiet(ms = 4_500): Promise<readonly string[]> {
    const before = this.history.length;
    await delay(ms);
    return this.history.slice(before);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#watching.abort(new Error('the test has ended'));
    await Promise.all(this.#running);
    await this.kubelet.stop();
    const namespace = await this.client.get(namespaces, { name: this.namespace });
    await this.client.remove(namespaces, { name: this.namespace }, { uid: namespace?.metadata.uid ?? '' });
    await this.client.close();
  }

  async #prepare(): Promise<void> {
    const text = readFileSync(new URL('../../../crds/certificates.yaml', import.meta.url), 'utf8');
    await this.client.apply(definitions, parse(text) as KubeObject, { manager, force: true });
    await until('Certificates are served', () => {
      return this.client.get(certificates, { namespace: 'default', name: 'none' }).then(
        () => true,
        () => false,
      );
    });
    const named = { namespace: this.namespace, name: 'default' };
    await this.client.apply(namespaces, object('Namespace', { name: this.namespace }), { manager });
    await this.client.apply(accounts, object('ServiceAccount', named), { manager });
    const parts = { client: this.client, clock: systemClock, log: this.log };
    const cache = listWatch(parts, { ...certificateSource, namespace: this.namespace });
    cache.onChange(({ after }) => {
      const reason = after?.status.conditions?.find(({ type }) => type === 'Reloaded')?.reason;
      if (after !== undefined) this.history.push(`${after.name} ${reason ?? '-'}`);
    });
    this.#running.push(cache.run(this.#watching.signal), this.kubelet.run(this.#watching.signal));
    await cache.whenSynced(this.#watching.signal);
  }

  async #existing<T extends KubeObject>(resource: Resource, name: string): Promise<T> {
    const found = await this.client.get<T>(resource, { namespace: this.namespace, name });
    if (found === undefined) throw new Error(`there is no ${resource.kind} ${name}`);
    return found;
  }
}

function object(kind: string, metadata: KubeObject['metadata']): KubeObject {
  return { apiVersion: 'v1', kind, metadata };
}

async function until(what: string, is: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await is())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs / 1_000} s: ${what}`);
    await delay(100);
  }
}
