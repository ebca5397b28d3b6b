/**
 * A value that is fetched once, however many ask for it at the same time, and kept for a while. A failure is told to
 * all who wait and is not kept. Whoever aborts only stops to wait.
 */
export class Shared<T> {
  readonly #fetch: () => Promise<T>;
  readonly #keptMs: number;
  #value: Promise<T> | undefined;
  #expires = Number.POSITIVE_INFINITY;

  /** `keptMs` 0: asked for again as soon as nobody waits any more. */
  constructor(fetch: () => Promise<T>, keptMs: number) {
    this.#fetch = fetch;
    this.#keptMs = keptMs;
  }

  async get(signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    if (this.#value === undefined || performance.now() >= this.#expires) {
      this.#expires = Number.POSITIVE_INFINITY;
      this.#value = this.#fetchOnce();
    }
    return unlessAborted(this.#value, signal);
  }

  async #fetchOnce(): Promise<T> {
    try {
      const value = await this.#fetch();
      this.#expires = performance.now() + this.#keptMs;
      return value;
    } catch (error) {
      this.#value = undefined;
      throw error;
    }
  }
}

/** Waits for a promise, or rejects with the signal's reason as soon as it is aborted. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
