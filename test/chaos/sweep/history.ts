import { certificates } from '../../../src/api/index.ts';
import { Frames } from '../../../src/kube/frames.ts';
import {
  deployments,
  ingresses,
  type KubeClient,
  type KubeObject,
  keyOf,
  type Resource,
  secrets,
} from '../../../src/kube/index.ts';

/** One revision of an object. */
export interface Commit {
  /** The API server's, which orders the changes of all kinds. */
  readonly revision: number;
  readonly plural: string;
  readonly key: string;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

const followed: readonly Resource[] = [certificates, secrets, ingresses, deployments];

/** Every revision of what matters in one namespace, seen by watches that no proxy disturbs. */
export class History implements AsyncDisposable {
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #commits: Commit[] = [];
  readonly #objects = new Map<string, KubeObject>();
  readonly #closing = new AbortController();
  #followers: Promise<void>[] = [];

  private constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /** Begins with what is there now. */
  static async follow(client: KubeClient, namespace: string): Promise<History> {
    const history = new History(client, namespace);
    const from = await Promise.all(followed.map((resource) => history.#list(resource)));
    history.#followers = followed.map((resource, index) => history.#follow(resource, from[index] ?? ''));
    return history;
  }

  /** How many commits there have been. */
  get length(): number {
    return this.#commits.length;
  }

  /** The commits from the `from`-th on, in the order in which the API server made them. */
  since(from: number): readonly Commit[] {
    return this.#commits.slice(from).toSorted((a, b) => a.revision - b.revision);
  }

  /** An object as it stands. */
  get({ plural }: Resource, name: string): KubeObject | undefined {
    return this.#objects.get(`${plural} ${keyOf({ namespace: this.#namespace, name })}`);
  }

  /** The objects of a kind. */
  list({ plural }: Resource): readonly KubeObject[] {
    return [...this.#objects].flatMap(([id, object]) => (id.startsWith(`${plural} `) ? [object] : []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#followers);
  }

  async #list(resource: Resource): Promise<string> {
    const page = await this.#client.list(resource, { namespace: this.#namespace }, { limit: 500 });
    for (const object of page.items) this.#objects.set(`${resource.plural} ${keyOf(object.metadata)}`, object);
    return page.resourceVersion;
  }

  async #follow(resource: Resource, from: string): Promise<void> {
    const { signal } = this.#closing;
    try {
      for (let place = from; ; ) place = await this.#watch(resource, place);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Follows one watch to its end; resolves with where the next begins. */
  async #watch(resource: Resource, from: string): Promise<string> {
    const frames = new Frames();
    const begin = { resourceVersion: from, timeoutSeconds: 3_600 };
    const bytes = await this.#client.watch(resource, { namespace: this.#namespace }, begin, this.#closing.signal);
    let place = from;
    for await (const chunk of bytes) {
      for (const line of frames.push(chunk)) place = this.#take(resource, line);
    }
    return place;
  }

  #take({ plural }: Resource, line: string): string {
    const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: KubeObject };
    const { resourceVersion = '' } = object.metadata;
    if (type === 'BOOKMARK') return resourceVersion;
    if (type === 'ERROR') throw new Error(`the history of ${plural} has a gap: ${line}`);
    const key = keyOf(object.metadata);
    const id = `${plural} ${key}`;
    const after = type === 'DELETED' ? undefined : object;
    this.#commits.push({ revision: Number(resourceVersion), plural, key, before: this.#objects.get(id), after });
    if (after === undefined) this.#objects.delete(id);
    else this.#objects.set(id, after);
    return resourceVersion;
  }
}
