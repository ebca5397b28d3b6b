/**
 * Keys in the order they came, each once, with the time each came at. Any of them can be taken out from the midst.
 *
 * A Map keeps that order, and one iterator that goes on for ever is its head: whatever it has passed was taken out. (A new
 * iterator for each key would have to step over all that were taken out before.)
 */
export class Fifo {
  readonly #sinceMs = new Map<string, number>();
  #head = this.#sinceMs.keys();

  get size(): number {
    return this.#sinceMs.size;
  }

  has(key: string): boolean {
    return this.#sinceMs.has(key);
  }

  /** When the first of them came. Steps over what was taken out lately, so not for each key. */
  get firstSinceMs(): number | undefined {
    return this.#sinceMs.values().next().value;
  }

  /** @returns whether the key was not in it yet. */
  push(key: string, nowMs = 0): boolean {
    if (this.#sinceMs.has(key)) return false;
    this.#sinceMs.set(key, nowMs);
    return true;
  }

  shift(): string | undefined {
    if (this.size === 0) return undefined;
    let next = this.#head.next();
    if (next.done === true) {
      this.#head = this.#sinceMs.keys(); // an iterator that came to the end stays there
      next = this.#head.next();
    }
    if (next.value !== undefined) this.#sinceMs.delete(next.value);
    return next.value;
  }

  /** @returns whether the key was in it. */
  delete(key: string): boolean {
    return this.#sinceMs.delete(key);
  }
}
