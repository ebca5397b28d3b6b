import { Fifo } from './fifo.ts';

/**
 * Keys that wait, in groups that take turns: however many keys one group has, a key that is the only one of another is
 * given after at most one of each group. Within a group it is first come first served. The group of a key is what stands
 * before its last slash.
 */
export class FairLane {
  readonly #groups = new Map<string, Fifo>();
  /** The groups that have keys; the first has its turn next. */
  readonly #turns = new Fifo();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(key: string): boolean {
    return this.#groups.get(groupOf(key))?.has(key) ?? false;
  }

  /** @returns whether the key was not in it yet. */
  push(key: string, nowMs: number): boolean {
    const group = groupOf(key);
    let keys = this.#groups.get(group);
    if (keys === undefined) {
      keys = new Fifo();
      this.#groups.set(group, keys);
      this.#turns.push(group);
    }
    if (!keys.push(key, nowMs)) return false;
    this.#size += 1;
    return true;
  }

  shift(): string | undefined {
    const group = this.#turns.shift();
    const keys = group === undefined ? undefined : this.#groups.get(group);
    if (group === undefined || keys === undefined) return undefined;
    const key = keys.shift();
    this.#size -= 1;
    if (keys.size === 0) this.#groups.delete(group);
    else this.#turns.push(group);
    return key;
  }

  delete(key: string): void {
    const group = groupOf(key);
    const keys = this.#groups.get(group);
    if (keys?.delete(key) !== true) return;
    this.#size -= 1;
    if (keys.size > 0) return;
    this.#groups.delete(group);
    this.#turns.delete(group);
  }

  /** When the key came that waits longest. Looks at each group. */
  get oldestSinceMs(): number | undefined {
    let oldest: number | undefined;
    for (const { firstSinceMs = Infinity } of this.#groups.values()) {
      if (oldest === undefined || firstSinceMs < oldest) oldest = firstSinceMs;
    }
    return oldest;
  }
}

function groupOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('/')));
}
