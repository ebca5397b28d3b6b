/** Randomness that is the same for the same seed (mulberry32): uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The same things in another order; `random` as `seededRandom` gives it. */
export function shuffled<T>(random: () => number, things: readonly T[]): T[] {
  const keyed = things.map((thing) => ({ thing, at: random() }));
  return keyed.toSorted((one, other) => one.at - other.at).map(({ thing }) => thing);
}

/** Choices that are the same for the same seed. */
export class Random {
  /** A number from 0 up to, but not including, 1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  /** A number from `least` up to, but not including, `most`. */
  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(count * this.next());
  }

  /** Whether something comes to pass that does so with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of a list. @throws Error when it is empty. */
  pick<T>(from: readonly T[]): T {
    const one = from[this.below(from.length)];
    if (one === undefined) throw new Error('there is nothing to pick from');
    return one;
  }

  /** The same things in another order. */
  shuffled<T>(things: readonly T[]): T[] {
    return shuffled(this.next, things);
  }
}
