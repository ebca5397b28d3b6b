interface Row {
  readonly resourceVersion: string;
}

interface Write<R extends Row> {
  /** The resourceVersions that our writes replaced, `undefined` standing for an object that was absent. */
  readonly replaced: ReadonlySet<string | undefined>;
  readonly row: R;
}

/**
 * What this process wrote and its cache may not show yet, so that the next pass neither repeats a write nor runs into a
 * conflict with itself. Resource versions are compared for equality alone.
 */
export class OwnWrites<R extends Row> {
  readonly #writes = new Map<string, Write<R>>();

  /** Notes a write: the resourceVersion that it replaced, undefined where it made the object, and what it made of it. */
  note(key: string, replaced: string | undefined, row: R): void {
    const earlier = this.#writes.get(key);
    const follows = earlier !== undefined && earlier.row.resourceVersion === replaced;
    this.#writes.set(key, { replaced: new Set([...(follows ? earlier.replaced : []), replaced]), row });
  }

  /** The row as we wrote it, while the cache still shows what our writes replaced; else the cache's own. */
  newest(key: string, cached: R | undefined): R | undefined {
    const write = this.#writes.get(key);
    if (write === undefined) return cached;
    if (write.replaced.has(cached?.resourceVersion)) return write.row;
    this.#writes.delete(key);
    return cached;
  }

  /** Forgets an object that the cache has seen go. */
  forget(key: string): void {
    this.#writes.delete(key);
  }
}
