/** Keys by a value. Most values have one key, which then stands there alone: a set for each would cost 200 bytes. */
export class KeyIndex {
  readonly #keys = new Map<string, string | Set<string>>();

  /** The keys under `value`. */
  get(value: string): Iterable<string> {
    const found = this.#keys.get(value);
    if (found === undefined) return [];
    return typeof found === 'string' ? [found] : found;
  }

  add(value: string, key: string): void {
    const found = this.#keys.get(value);
    if (found === undefined) this.#keys.set(value, key);
    else if (typeof found !== 'string') found.add(key);
    else if (found !== key) this.#keys.set(value, new Set([found, key]));
  }

  delete(value: string, key: string): void {
    const found = this.#keys.get(value);
    if (found === key) this.#keys.delete(value);
    if (!(found instanceof Set)) return;
    found.delete(key);
    if (found.size === 0) this.#keys.delete(value);
  }
}
