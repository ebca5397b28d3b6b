import type { Cache, Source } from '../../src/kube/index.ts';
import type { Contents } from './contents.ts';
import type { Versioned } from './sources.ts';

/** A cache, and what its listener was told: both have to come to the same. */
export class WatchedCache {
  readonly cache: Cache<Versioned>;
  readonly #name: string;
  readonly #indexes: NonNullable<Source<Versioned>['indexes']>;
  readonly #told = new Map<string, Versioned>();
  /** The newest version told of each key, also of those that went. */
  readonly #newest = new Map<string, bigint>();
  /** Versions told of since they were asked for last. */
  readonly #versions = new Set<string>();
  readonly #findings: string[] = [];
  #changes = 0;

  constructor(name: string, source: Source<Versioned>, cache: Cache<Versioned>) {
    this.#name = name;
    this.#indexes = source.indexes ?? {};
    this.cache = cache;
    cache.onChange(({ key, before, after }) => this.#note(key, before, after));
  }

  /** How many changes the listener was told of. */
  get changes(): number {
    return this.#changes;
  }

  /** What the changes told of make together, which by {@link findings} is what the cache holds. */
  get contents(): Contents {
    return this.#told;
  }

  /** What was found wrong since the last call, a sentence each. */
  findings(): string[] {
    const found = [...this.#findings.splice(0), ...this.#unlike(), ...this.#unindexed()];
    return found.map((finding) => `${this.#name}: ${finding}`);
  }

  /** Which of these versions the listener was not told of, since this was asked last. */
  untold(versions: readonly string[]): string[] {
    const untold = versions.filter((version) => !this.#versions.has(version));
    this.#versions.clear();
    return untold;
  }

  #note(key: string, before: Versioned | undefined, after: Versioned | undefined): void {
    this.#changes += 1;
    const told = this.#told.get(key)?.resourceVersion;
    if (before?.resourceVersion !== told)
      this.#findings.push(`${key} changed from ${before?.resourceVersion}, but the last change had left ${told}`);
    if (after === undefined) {
      this.#told.delete(key);
      return;
    }
    this.#told.set(key, after);
    this.#versions.add(after.resourceVersion);
    const version = BigInt(after.resourceVersion);
    const newest = this.#newest.get(key) ?? 0n;
    if (version <= newest) this.#findings.push(`${key} went back from ${newest} to ${version}`);
    this.#newest.set(key, version);
  }

  #unlike(): string[] {
    const { cache } = this;
    const other = [...this.#told].filter(([key, row]) => cache.get(key)?.resourceVersion !== row.resourceVersion);
    if (other.length === 0 && cache.size === this.#told.size) return [];
    return [`it holds ${cache.size} objects, its changes make ${this.#told.size}, of which ${other.length} are others`];
  }

  /** Each row is found under its values, and nothing else is. */
  #unindexed(): string[] {
    return Object.entries(this.#indexes).flatMap(([name, valuesOf]) => {
      const expected = new Map<string, number>();
      for (const row of this.cache.list())
        for (const value of new Set(valuesOf(row))) expected.set(value, (expected.get(value) ?? 0) + 1);
      const wrong = [...expected].filter(([value, count]) => this.cache.by(name, value).length !== count);
      return wrong.length === 0 ? [] : [`the index ${name} is wrong for ${wrong.length} values, as ${wrong[0]?.[0]}`];
    });
  }
}
