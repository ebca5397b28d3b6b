interface Row {
  readonly resourceVersion: string;
}

interface Write<R extends Row> {
  /** The resourceVersions that our writes replaced, one after the other; undefined stands for an object that was not there. */
  readonly before: ReadonlySet<string | undefined>;
  readonly row: R;
}

/**
 * What this process wrote and its caches may not have seen yet, so that the next pass neither repeats a write nor runs into
 * a conflict with itself. Resource versions are compared for equality alone.
 */
export class OwnWrites<R extends Row> {
  readonly #writes = new Map<string, Write<R>>();

  /** Notes a write: what it replaced, and what it made of it. */
  note(key: string, before: string | undefined, row: R): void {
    const earlier = this.#writes.get(key);
    const chained = before !== undefined && earlier?.row.resourceVersion === before ? earlier.before : [];
    this.#writes.set(key, { before: new Set([...chained, before]), row });
  }

  /** The row as we wrote it while the cache still shows what our writes replaced; else the cache's. */
  newest(key: string, cached: R | undefined): R | undefined {
    const write = this.#writes.get(key);
    if (write === undefined) return cached;
    if (write.before.has(cached?.resourceVersion)) return write.row;
    this.#writes.delete(key);
    return cached;
  }

  /** Keys of the objects that we made, and caches may not have seen yet. */
  made(): string[] {
    return [...this.#writes].flatMap(([key, { before }]) => (before.has(undefined) ? [key] : []));
  }

  /** Forgets a key whose object is gone. */
  forget(key: string): void {
    this.#writes.delete(key);
  }
}
