import { type Cache, type KubeClient, type KubeObject, keyOf, refOf, type Source } from '../kube/index.ts';
import type { Clock } from '../runtime/index.ts';

/** What every row tells of the object that it was made of. */
interface Row {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** What a pass is planned from while the cache does not show our own writes yet. */
export type PlannedFrom = 'ownWrite' | 'freshRead';

/** What {@link OwnWrites} is made of. */
export interface OwnWritesParts<R extends Row> {
  readonly client: Pick<KubeClient, 'get'>;
  readonly clock: Clock;
  readonly cache: Pick<Cache<R>, 'get' | 'onChange'>;
  /** That of the cache. */
  readonly source: Pick<Source<R>, 'resource' | 'project'>;
  /** Told of each object that a pass wanted while the cache was behind our writes. Must not throw. */
  readonly onBehind?: ((from: PlannedFrom) => void) | undefined;
}

interface Write<R extends Row> {
  /** The versions that our writes replaced, one after the other. */
  readonly before: ReadonlySet<string>;
  /** What the last of them made; undefined where the object is gone. */
  readonly row: R | undefined;
  /** Of the object that was written last. */
  readonly uid: string | undefined;
  /** When it was written or read, monotonic. */
  sinceMs: number;
}

/** A cache that has not caught up with a write for so long may have lost it: the object is read past it. */
const deadlineMs = 5_000;

/**
 * A cache as this process knows it: what it wrote stands for what the cache shows, as long as that is a version that our writes
 * replaced. So no pass repeats a write, or runs into a conflict with its own. Versions are compared for equality alone, and
 * by uid: another object of the same name is none that we wrote.
 */
export class OwnWrites<R extends Row> {
  readonly #parts: OwnWritesParts<R>;
  readonly #writes = new Map<string, Write<R>>();

  constructor(parts: OwnWritesParts<R>) {
    this.#parts = parts;
    parts.cache.onChange(({ key, before, after }) => {
      if (after === undefined && before?.uid === this.#writes.get(key)?.uid) this.#writes.delete(key);
      else this.#unseen(key);
    });
  }

  /** The newest that is known of the object of this key, without asking anybody. */
  get(key: string): R | undefined {
    const write = this.#unseen(key);
    return write === undefined ? this.#parts.cache.get(key) : write.row;
  }

  /**
   * The object that a pass is planned from: as {@link get}, unless the cache has been behind our write for 5 s and more. Then it
   * is read from the API server, since others may have changed it meanwhile; at most once in 5 s.
   *
   * @throws what the client's `get` throws.
   */
  async current(key: string, signal: AbortSignal): Promise<R | undefined> {
    const write = this.#unseen(key);
    if (write === undefined) return this.#parts.cache.get(key);
    const isOverdue = this.#parts.clock.monotonicMs() - write.sinceMs >= deadlineMs;
    this.#parts.onBehind?.(isOverdue ? 'freshRead' : 'ownWrite');
    return isOverdue ? this.read(key, signal) : write.row;
  }

  /** The object as it stands now, read past the cache; what was known of it is known to be older from then on. Throws as {@link current}. */
  async read(key: string, signal: AbortSignal): Promise<R | undefined> {
    const { client, source } = this.#parts;
    const known = this.get(key);
    const object = await client.get<KubeObject>(source.resource, refOf(key), signal);
    const live = object === undefined ? undefined : source.project(object);
    this.#put(key, known, live);
    return live;
  }

  /** Notes a write: the version that it replaced (none where it made the object), and the object as it was answered. */
  note(replaced: R | undefined, written: KubeObject): R {
    const row = this.#parts.source.project(written);
    this.#put(keyOf(written.metadata), replaced, row);
    return row;
  }

  /** Notes that we deleted an object. */
  noteRemoved(key: string, removed: R): void {
    this.#put(key, removed, undefined);
  }

  #put(key: string, before: R | undefined, row: R | undefined): void {
    const sinceMs = this.#parts.clock.monotonicMs();
    const earlier = this.#writes.get(key);
    const follows = earlier !== undefined && versionOf(earlier.row) === versionOf(before);
    if (versionOf(before) === versionOf(row)) {
      if (follows) earlier.sinceMs = sinceMs; // nobody has changed it since we wrote it
      return;
    }
    const replaced = follows ? [...earlier.before, versionOf(before)] : [versionOf(before)];
    this.#writes.set(key, { before: new Set(replaced), row, uid: (row ?? before)?.uid, sinceMs });
    this.#unseen(key); // the cache may have heard of it before we did
  }

  /** What we wrote and the cache does not show yet; forgotten once it does, or shows what somebody else made of it. */
  #unseen(key: string): Write<R> | undefined {
    const write = this.#writes.get(key);
    if (write === undefined) return undefined;
    const shown = versionOf(this.#parts.cache.get(key));
    // Of an object that is not there nobody can tell whether it was made and removed, or neither yet.
    if (write.before.has(shown) && (write.row === undefined || shown !== versionOf(write.row))) return write;
    this.#writes.delete(key);
    return undefined;
  }
}

/** Of one object at one time; the empty text stands for an object that is not there. */
function versionOf(row: Row | undefined): string {
  return row === undefined ? '' : `${row.uid} ${row.resourceVersion}`;
}
