/** Draws from a seed, so that the same seed always draws the same. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A number from 0 up to, and without, 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** True in a share of all draws. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of a list. */
  pick<T>(items: readonly T[]): T {
    const picked = items[Math.floor(this.next() * items.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  /** Some of a list, in the order drawn; perhaps none. */
  some<T>(items: readonly T[]): readonly T[] {
    const drawn = items.filter(() => this.chance(0.5)).map((item) => [this.next(), item] as const);
    return drawn.toSorted(([a], [b]) => a - b).map(([, item]) => item);
  }
}
