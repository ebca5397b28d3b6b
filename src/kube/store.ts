import type { Log, Turns } from '../runtime/index.ts';
import type { CacheEvent, Change, Source } from './cache.ts';
import { KeyIndex } from './key-index.ts';
import { type KubeObject, keyOf } from './objects.ts';

interface Entry<Row> {
  /** The one string that all tables here and the row share. */
  readonly key: string;
  readonly row: Row;
  readonly resourceVersion: string;
  /** The number of the last list that had it. */
  listed: number;
}

/** The rows of a source, with their indexes, and who is told of changes. It is written by one list-watch. */
export class Store<Row> {
  readonly #source: Source<Row>;
  readonly #log: Log;
  readonly #onEvent: (event: CacheEvent) => void;
  readonly #entries = new Map<string, Entry<Row>>();
  readonly #indexes = new Map<
    string,
    { readonly valuesOf: (row: Row) => readonly string[]; readonly keys: KeyIndex }
  >();
  readonly #listeners: ((change: Change<Row>) => void)[] = [];
  #list = 0;

  constructor(source: Source<Row>, parts: { log: Log; onEvent: (event: CacheEvent) => void }) {
    this.#source = source;
    this.#log = parts.log;
    this.#onEvent = parts.onEvent;
    for (const [name, valuesOf] of Object.entries(source.indexes ?? {})) {
      this.#indexes.set(name, { valuesOf, keys: new KeyIndex() });
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Row | undefined {
    return this.#entries.get(key)?.row;
  }

  *list(): Generator<Row, void, void> {
    for (const entry of this.#entries.values()) yield entry.row;
  }

  by(index: string, value: string): readonly Row[] {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new Error(`the cache of ${this.#source.resource.plural} has no index '${index}'`);
    const rows: Row[] = [];
    for (const key of found.keys.get(value)) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) rows.push(entry.row);
    }
    return rows;
  }

  onChange(listener: (change: Change<Row>) => void): void {
    this.#listeners.push(listener);
  }

  /** Begins a list: what is not put until {@link endList} is gone. */
  beginList(): void {
    this.#list += 1;
  }

  /** Ends a list that was read to its last page, and deletes what it did not have. */
  async endList(turns: Turns): Promise<void> {
    for (const [key, entry] of this.#entries) {
      if (entry.listed !== this.#list) this.#delete(key, entry);
      if (turns.isOver) await turns.next();
    }
  }

  /**
   * Takes an object in, unless it is the very version that is there. One that cannot be projected is logged, and what
   * was there stays.
   */
  put(object: KubeObject): void {
    const named = keyOf(object.metadata);
    const resourceVersion = object.metadata.resourceVersion ?? '';
    const known = this.#entries.get(named);
    const key = known?.key ?? named;
    if (known !== undefined) known.listed = this.#list;
    if (known?.resourceVersion === resourceVersion) return;

    const entry = this.#project(object, key, resourceVersion);
    if (entry === undefined) return;
    if (known !== undefined) this.#unindex(key, known.row);
    this.#entries.set(key, entry);
    for (const { valuesOf, keys } of this.#indexes.values()) {
      for (const value of valuesOf(entry.row)) keys.add(value, key);
    }
    this.#tell({ key, before: known?.row, after: entry.row });
  }

  /** Takes an object out, where it is in. */
  delete(object: KubeObject): void {
    const key = keyOf(object.metadata);
    const known = this.#entries.get(key);
    if (known !== undefined) this.#delete(key, known);
  }

  #project(object: KubeObject, key: string, resourceVersion: string): Entry<Row> | undefined {
    try {
      const row = this.#source.project(object, key);
      Object.freeze(row);
      for (const { valuesOf } of this.#indexes.values()) valuesOf(row);
      return { key, row, resourceVersion, listed: this.#list };
    } catch (error) {
      const { namespace, name } = object.metadata;
      this.#onEvent('notUnderstood');
      this.#log.error('object not understood, left as it was', {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        error,
      });
      return undefined;
    }
  }

  #delete(key: string, entry: Entry<Row>): void {
    this.#unindex(key, entry.row);
    this.#entries.delete(key);
    this.#tell({ key, before: entry.row, after: undefined });
  }

  #unindex(key: string, row: Row): void {
    for (const { valuesOf, keys } of this.#indexes.values()) for (const value of valuesOf(row)) keys.delete(value, key);
  }

  #tell(change: Change<Row>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#onEvent('listenerFailed');
        this.#log.error('listener failed', { name: change.key, error });
      }
    }
  }
}
