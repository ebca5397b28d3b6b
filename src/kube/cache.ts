import type { KubeObject, Resource } from './objects.ts';

/** What a cache holds: which objects, and what is kept of each. */
export interface Source<Row> {
  readonly resource: Resource;
  /** All namespaces without one. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** List and watch as PartialObjectMetadata: `project` then sees metadata alone. */
  readonly metadataOnly?: boolean;
  /**
   * Keeps what is needed of an object. Pure. The row is frozen (itself, not what it holds).
   *
   * @param key `keyOf` of the object, as its cache holds it: a row that keeps this very string costs none of its own.
   */
  project(object: KubeObject, key?: string): Row;
  /** By name of the index: the values under which a row is found. Pure. */
  readonly indexes?: Readonly<Record<string, (row: Row) => readonly string[]>>;
}

/** A row that came (no `before`), changed, or went (no `after`). */
export interface Change<Row> {
  readonly key: string;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

/** The rows of all objects of a {@link Source}, kept up to date. Reads are of what was seen last, which may be old. */
export interface Cache<Row> {
  get(key: string): Row | undefined;
  list(): Iterable<Row>;
  readonly size: number;
  /**
   * The rows found under `value`.
   *
   * @throws Error when the source has no such index.
   */
  by(index: string, value: string): readonly Row[];
  /** Tells each change after it happened, from the first list on. A listener must be quick; one that throws is logged. */
  onChange(listener: (change: Change<Row>) => void): void;
  /** Whether a whole list has been read since the start. It stays true from then on. */
  readonly synced: boolean;
  /**
   * Resolves once {@link synced}.
   *
   * @throws `signal.reason` when aborted before.
   */
  whenSynced(signal: AbortSignal): Promise<void>;
  /** Monotonic milliseconds since the last list page, opened watch, event or bookmark; since it was made before the first. */
  silentMs(): number;
  /** Lists and watches until aborted; never rejects. To be called once. */
  run(signal: AbortSignal): Promise<void>;
}

/** What happens to a cache, for its metrics. The last two are faults of ours: the object, or the change, was passed over. */
export type CacheEvent =
  /** A whole list was taken in. */
  | 'listed'
  /** A watch was opened. */
  | 'watched'
  /** The place to resume at was too old (410). */
  | 'expired'
  /** A list or a watch failed otherwise. */
  | 'failed'
  | 'added'
  | 'modified'
  | 'deleted'
  | 'bookmark'
  | 'notUnderstood'
  | 'listenerFailed';
