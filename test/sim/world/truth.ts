import { type KubeObject, keyOf, type Ref, type Resource } from '../../../src/kube/index.ts';
import type { SimApiServer } from '../api-server/index.ts';

/** One revision of the API server. */
export interface Commit {
  /** Who wrote it: a process of the operator, `user`, `node` or the API server itself. */
  readonly by: string;
  /** The field manager of the write, where it had one. */
  readonly manager: string | undefined;
  readonly plural: string;
  readonly key: string;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

/** What is really there, and who made it so: seen from outside, past all caches. */
export class Truth {
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners: ((commit: Commit) => void)[] = [];
  #by = 'the API server';

  constructor(server: SimApiServer) {
    server.onCommit(({ resource, before, after, cause }) => {
      const key = keyOf((after ?? before)?.metadata ?? { name: '' });
      const id = `${resource.plural} ${key}`;
      if (after === undefined) this.#objects.delete(id);
      else this.#objects.set(id, after);
      const manager = 'request' in cause ? managerOf(cause.request.path) : undefined;
      const commit = { by: this.#by, manager, plural: resource.plural, key, before, after };
      for (const listener of this.#listeners) listener(commit);
    });
  }

  /** Runs what somebody does, so that the revisions it makes are known as theirs. */
  as<T>(by: string, run: () => T): T {
    const before = this.#by;
    this.#by = by;
    try {
      return run();
    } finally {
      this.#by = before;
    }
  }

  /** Told of each revision at the moment it is made. It must not write. */
  onCommit(listener: (commit: Commit) => void): void {
    this.#listeners.push(listener);
  }

  /** The object as it stands. */
  get(resource: Resource, ref: Ref): KubeObject | undefined {
    return this.#objects.get(`${resource.plural} ${keyOf(ref)}`);
  }

  /** Every object of a kind. */
  list(resource: Resource): KubeObject[] {
    const prefix = `${resource.plural} `;
    return [...this.#objects].flatMap(([id, object]) => (id.startsWith(prefix) ? [object] : []));
  }

  /** Every object by its kind and key, `secrets web/shop-tls`, sorted. */
  get all(): readonly (readonly [id: string, object: KubeObject])[] {
    return [...this.#objects].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}

function managerOf(path: string): string | undefined {
  return new URLSearchParams(path.slice(path.indexOf('?') + 1)).get('fieldManager') ?? undefined;
}
