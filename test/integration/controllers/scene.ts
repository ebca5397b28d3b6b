import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { certificateSource } from '../../../src/controllers/certificate-row.ts';
import { ingressSource } from '../../../src/controllers/ingress-row.ts';
import { clusterIssuerSource, issuerSource } from '../../../src/controllers/issuer-row.ts';
import { ingressClassSource } from '../../../src/controllers/route/index.ts';
import {
  type Cache,
  connect,
  type KubeClient,
  type KubeObject,
  listWatch,
  type Resource,
  type Source,
} from '../../../src/kube/index.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { environment } from '../../kit/inside.ts';
import { recordedLog } from '../../kit/log.ts';

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const manager = 'test';

/** The caches that the issuer and the route controller share, of one namespace alone. */
export type SceneCaches = ReturnType<typeof cachesOf>;

/** A namespace of its own on a real API server, where one test runs controllers. */
export class Scene implements AsyncDisposable {
  /** Certificates, Issuers and the operator live in it alike. */
  readonly namespace = `scene-${randomBytes(4).toString('hex')}`;
  readonly client: KubeClient;
  readonly log = recordedLog();
  /** What the controllers wrote, such as `apply ingresses name`. */
  readonly writes: string[] = [];
  readonly #ending = new Set<() => Promise<void>>();

  private constructor() {
    this.client = connect({ kubeconfig: environment('KUBECONFIG'), userAgent: 'evercert-test' });
  }

  static async create(): Promise<Scene> {
    const scene = new Scene();
    await scene.client.apply(
      namespaces,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: scene.namespace } },
      { manager },
    );
    return scene;
  }

  /** Applies an object into the namespace, as one of several who do. */
  apply(
    resource: Resource,
    object: KubeObject & { spec?: object; data?: object },
    by: string = manager,
  ): Promise<KubeObject> {
    return this.client.apply(resource, this.#inside(object), { manager: by, force: true });
  }

  /** Applies the status of an object, as another controller would. */
  async applyStatus(resource: Resource, object: KubeObject & { status: object }): Promise<void> {
    await this.client.apply(resource, this.#inside(object), { manager, force: true, subresource: 'status' });
  }

  async remove(resource: Resource, name: string): Promise<void> {
    const ref = { namespace: this.namespace, name };
    const uid = (await this.client.get(resource, ref))?.metadata.uid;
    if (uid !== undefined) await this.client.remove(resource, ref, { uid });
  }

  get<T extends KubeObject>(resource: Resource, name: string): Promise<T | undefined> {
    return this.client.get<T>(resource, { namespace: this.namespace, name });
  }

  /** Runs a controller over fresh caches, as a new process would; gives what ends it. */
  start(controllerOf: (client: KubeClient, caches: SceneCaches) => { run(signal: AbortSignal): Promise<void> }) {
    const ending = new AbortController();
    const caches = cachesOf(this.client, this.namespace);
    const controller = controllerOf(this.#recorded(), caches);
    const running = Promise.all([
      controller.run(ending.signal),
      ...Object.values(caches).map((cache: Cache<unknown>) => cache.run(ending.signal)),
    ]);
    const end = async (): Promise<void> => {
      this.#ending.delete(end);
      ending.abort();
      await running;
    };
    this.#ending.add(end);
    return end;
  }

  /** Waits until something holds. Throws after 20 s, with what the controllers logged. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (!(await holds())) {
      if (performance.now() > deadline) {
        const lines = this.log.lines.map(({ message, fields: { error } }) =>
          error instanceof Error ? `${message}: ${error.message}` : message,
        );
        throw new Error(`waited 20 s in vain until ${what}: ${lines.join('; ')}`);
      }
      await delay(20);
    }
  }

  /** What is written while nothing should be. */
  async quiet(ms = 1_500): Promise<readonly string[]> {
    const before = this.writes.length;
    await delay(ms);
    return this.writes.slice(before);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ending) await end();
    const uid = (await this.client.get(namespaces, { name: this.namespace }))?.metadata.uid;
    if (uid !== undefined) await this.client.remove(namespaces, { name: this.namespace }, { uid });
    await this.client.close();
  }

  #inside<T extends KubeObject>(object: T): T {
    return { ...object, metadata: { ...object.metadata, namespace: this.namespace } };
  }

  #recorded(): KubeClient {
    const { client, writes } = this;
    return Object.assign(Object.create(client) as KubeClient, {
      apply: <T extends KubeObject>(...args: Parameters<KubeClient['apply']>): Promise<T> => {
        writes.push(`apply ${args[0].plural} ${args[1].metadata.name}`);
        return client.apply<T>(...args);
      },
      remove: (...args: Parameters<KubeClient['remove']>): Promise<void> => {
        writes.push(`remove ${args[0].plural} ${args[1].name}`);
        return client.remove(...args);
      },
      get: <T extends KubeObject>(...args: Parameters<KubeClient['get']>) => client.get<T>(...args),
    });
  }
}

function cachesOf(client: KubeClient, namespace: string) {
  const log = recordedLog();
  const cacheOf = <Row>(source: Source<Row>): Cache<Row> => listWatch({ client, clock: systemClock, log }, source);
  return {
    certificates: cacheOf({ ...certificateSource, namespace }),
    issuers: cacheOf({ ...issuerSource, namespace }),
    clusterIssuers: cacheOf({ ...clusterIssuerSource, fieldSelector: `metadata.name=${namespace}` }),
    ingresses: cacheOf(ingressSource(namespace)),
    ingressClasses: cacheOf(ingressClassSource),
  };
}
