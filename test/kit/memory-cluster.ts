import { isDeepStrictEqual } from 'node:util';
import {
  type ApplyOptions,
  type Cache,
  type Change,
  type KubeClient,
  type KubeObject,
  keyOf,
  type Ref,
  type Resource,
  type Source,
} from '../../src/kube/index.ts';
import { ConflictError } from '../../src/runtime/index.ts';
import { mergePatched } from '../sim/api-server/bodies.ts';
import type { Json } from '../sim/api-server/json.ts';
import { applied, type StoredObject } from './memory-apply.ts';

/** A request that the cluster was asked, such as `apply secrets ns/name` or `get certificates ns/name`. */
export type Asked = string;

type Listener = (kind: string, before: StoredObject | undefined, after: StoredObject | undefined) => void;

/**
 * Objects in memory with what controllers rely on: resource versions, uids, preconditions, generations, applies that remove
 * what their manager leaves out, and no write where nothing changes. Its caches may lag.
 */
export class MemoryCluster {
  readonly asked: Asked[] = [];
  /** Called before each write with what it is; may throw in its place. */
  beforeWrite: (asked: Asked) => void = () => {};
  /** Called after each write; may throw, as a process does that dies before it hears of its success. */
  afterWrite: (asked: Asked) => void = () => {};
  /** What admission makes of an object that is applied. */
  admit: (object: StoredObject) => StoredObject = (object) => object;
  readonly #objects = new Map<string, StoredObject>();
  readonly #listeners: Listener[] = [];
  #version = 1;
  #uid = 0;

  readonly client: Pick<KubeClient, 'get' | 'apply' | 'patch' | 'remove'> = {
    // The one cast of this kit: as with the real client, it is the caller who knows what lies under a name.
    get: <T extends KubeObject>(resource: Resource, ref: Ref) =>
      Promise.resolve(this.#get(resource, ref) as T | undefined),
    apply: <T extends KubeObject>(resource: Resource, object: KubeObject, options: ApplyOptions) =>
      this.#attempt(() => this.#apply(resource, object, options) as KubeObject as T),
    patch: <T extends KubeObject>(resource: Resource, ref: Ref, change: object) =>
      this.#attempt(() => this.#patch(resource, ref, change) as KubeObject as T),
    remove: (resource, ref, preconditions) => this.#attempt(() => this.#remove(resource, ref, preconditions)),
  };

  /** Writes made so far, without reads. */
  get writes(): readonly Asked[] {
    return this.asked.filter((asked) => !asked.startsWith('get '));
  }

  /** Puts an object there as a user does: its spec or content becomes what is given. */
  put(resource: Resource, object: StoredObject): StoredObject {
    const before = this.peek(resource, object.metadata);
    const merged = { ...before, ...object, metadata: { ...before?.metadata, ...object.metadata } };
    return this.#store(resource, before, merged);
  }

  /** Takes an object away as a user does. */
  delete(resource: Resource, ref: Ref): void {
    const before = this.peek(resource, ref);
    this.#objects.delete(idOf(resource, ref));
    this.#tell(resource, before, undefined);
  }

  /** An object, unnoticed. */
  peek(resource: Resource, ref: Ref): StoredObject | undefined {
    return this.#objects.get(idOf(resource, ref));
  }

  /** The names of all objects of a kind, unnoticed. */
  names(resource: Resource): string[] {
    const prefix = `${kindOf(resource)} `;
    return [...this.#objects.keys()].flatMap((id) => (id.startsWith(prefix) ? [id.slice(prefix.length)] : [])).sort();
  }

  /** A cache of a source; it notices changes at once, or when told to where it lags. */
  cache<Row>(source: Source<Row>): MemoryCache<Row> {
    const cache = new MemoryCache(source);
    for (const [id, object] of this.#objects) {
      if (id.startsWith(`${kindOf(source.resource)} `)) cache.see(undefined, object);
    }
    this.#listeners.push((kind, before, after) => {
      if (kind === kindOf(source.resource)) cache.see(before, after);
    });
    return cache;
  }

  #get(resource: Resource, ref: Ref): StoredObject | undefined {
    this.asked.push(`get ${idOf(resource, ref)}`);
    return this.peek(resource, ref);
  }

  async #attempt<T>(write: () => T): Promise<T> {
    await Promise.resolve();
    return write();
  }

  #apply(resource: Resource, object: StoredObject, { manager, subresource }: ApplyOptions): StoredObject {
    const asked = `apply ${idOf(resource, object.metadata)}${subresource === undefined ? '' : `/${subresource}`}`;
    this.asked.push(asked);
    this.beforeWrite(asked);
    const before = this.peek(resource, object.metadata);
    check(before, object.metadata, { asked, isStatus: subresource === 'status' });
    const stored =
      subresource === 'status' && before !== undefined
        ? this.#store(resource, before, { ...before, status: object.status })
        : this.#store(resource, before, this.admit(applied(before, object, manager)));
    this.afterWrite(asked);
    return stored;
  }

  #patch(resource: Resource, ref: Ref, change: object): StoredObject {
    const asked = `patch ${idOf(resource, ref)}`;
    this.asked.push(asked);
    this.beforeWrite(asked);
    const before = this.peek(resource, ref);
    const patched = mergePatched(before as unknown as Json, change as Json) as unknown as StoredObject;
    check(before, patched.metadata, { asked });
    return this.#store(resource, before, patched);
  }

  #remove(resource: Resource, ref: Ref, preconditions: { uid: string; resourceVersion?: string }): void {
    const asked = `remove ${idOf(resource, ref)}`;
    this.asked.push(asked);
    this.beforeWrite(asked);
    const before = this.peek(resource, ref);
    if (before === undefined) return;
    check(before, preconditions, { asked });
    this.delete(resource, ref);
    this.afterWrite(asked);
  }

  #store(resource: Resource, before: StoredObject | undefined, object: StoredObject): StoredObject {
    if (before !== undefined && isDeepStrictEqual(withoutVersion(before), withoutVersion(object))) return before;
    this.#version += 1;
    const isNewSpec = !isDeepStrictEqual(before?.spec, object.spec);
    const stored = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: before?.metadata.uid ?? `uid-${(this.#uid += 1)}`,
        creationTimestamp:
          before?.metadata.creationTimestamp ?? object.metadata.creationTimestamp ?? '2026-06-01T00:00:00Z',
        generation: (before?.metadata.generation ?? 0) + (isNewSpec ? 1 : 0),
        resourceVersion: `v${this.#version}`,
      },
    };
    this.#objects.set(idOf(resource, object.metadata), stored);
    this.#tell(resource, before, stored);
    return stored;
  }

  #tell(resource: Resource, before: StoredObject | undefined, after: StoredObject | undefined): void {
    for (const listener of this.#listeners) listener(kindOf(resource), before, after);
  }
}

/** A cache over the objects of a {@link MemoryCluster}. */
export class MemoryCache<Row> implements Cache<Row> {
  /** While true, changes wait until {@link MemoryCache.catchUp}. */
  lags = false;
  readonly synced = true;
  readonly #source: Source<Row>;
  readonly #rows = new Map<string, Row>();
  readonly #listeners: ((change: Change<Row>) => void)[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(source: Source<Row>) {
    this.#source = source;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  list(): Iterable<Row> {
    return this.#rows.values();
  }

  by(index: string, value: string): readonly Row[] {
    const valuesOf = this.#source.indexes?.[index];
    if (valuesOf === undefined) throw new Error(`there is no index ${index}`);
    return [...this.#rows.values()].filter((row) => valuesOf(row).includes(value));
  }

  onChange(listener: (change: Change<Row>) => void): void {
    this.#listeners.push(listener);
  }

  async whenSynced(): Promise<void> {}

  silentMs(): number {
    return 0;
  }

  async run(): Promise<void> {}

  /** Notices what it has missed. */
  catchUp(): void {
    for (const notice of this.#waiting.splice(0)) notice();
  }

  /** Repeats every row to the listeners, as the first list does. */
  replay(): void {
    for (const [key, after] of this.#rows) this.#tell({ key, before: undefined, after });
  }

  /** Told by the cluster. */
  see(before: StoredObject | undefined, after: StoredObject | undefined): void {
    const meta = (after ?? before)?.metadata;
    if (meta === undefined) return;
    const notice = (): void => {
      const key = keyOf(meta);
      const known = this.#rows.get(key);
      const row = after === undefined ? undefined : this.#source.project(after);
      if (row === undefined) this.#rows.delete(key);
      else this.#rows.set(key, row);
      this.#tell({ key, before: known, after: row });
    };
    if (this.lags) this.#waiting.push(notice);
    else notice();
  }

  #tell(change: Change<Row>): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** Certificates are a kind of two operators; every other plural is of one group alone. */
function kindOf({ group, plural }: Resource): string {
  return group === 'cert-manager.io' ? `${plural}.${group}` : plural;
}

function idOf(resource: Resource, ref: Ref): string {
  return `${kindOf(resource)} ${keyOf(ref)}`;
}

/**
 * As the API server does it (test/conformance/kube/write-protocol.ts): a resourceVersion alone makes what is absent, so
 * only "1", which no object ever has, is a precondition for that; a uid never does; and /status does not look at the uid.
 */
function check(
  before: StoredObject | undefined,
  { uid, resourceVersion }: { uid?: string; resourceVersion?: string },
  { asked, isStatus = false }: { asked: Asked; isStatus?: boolean },
): void {
  const isStale =
    before === undefined
      ? isStatus || uid !== undefined
      : (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) ||
        (!isStatus && uid !== undefined && uid !== before.metadata.uid);
  if (isStale) throw new ConflictError(asked);
}

function withoutVersion({ metadata, ...rest }: StoredObject): object {
  const { resourceVersion, uid, generation, creationTimestamp, ...meta } = metadata;
  void [resourceVersion, uid, generation, creationTimestamp];
  return { ...rest, meta };
}
