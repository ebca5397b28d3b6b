import type { Cache } from '../../src/kube/index.ts';

interface Waiting<Row> {
  readonly is: (row: Row | undefined) => boolean;
  readonly resolve: (row: Row | undefined) => void;
}

/** Waits for rows of a cache to become as wanted. One listener for all that wait, so that a thousand cost no more than one. */
export class Awaited<Row> {
  readonly #cache: Cache<Row>;
  readonly #waiting = new Map<string, Waiting<Row>>();

  constructor(cache: Cache<Row>) {
    this.#cache = cache;
    cache.onChange(({ key }) => this.#look(key));
  }

  /**
   * Resolves with the row as soon as the watch shows it as wanted; `undefined` is a row that is not there. One may wait for
   * a key at a time.
   *
   * @throws Error with `describe`'s words when it takes longer than `timeoutMs`.
   */
  async until(
    key: string,
    is: Waiting<Row>['is'],
    { timeoutMs, describe }: { timeoutMs: number; describe: (row: Row | undefined) => string },
  ): Promise<Row | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Row | undefined>();
    const timer = setTimeout(() => {
      reject(new Error(`${key} took longer than ${timeoutMs / 1000} s: ${describe(this.#cache.get(key))}`));
    }, timeoutMs);
    this.#waiting.set(key, { is, resolve });
    this.#look(key);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(key);
    }
  }

  #look(key: string): void {
    const waiting = this.#waiting.get(key);
    const row = this.#cache.get(key);
    if (waiting?.is(row) === true) waiting.resolve(row);
  }
}
