import type { Clock } from '../../src/runtime/index.ts';

/** A clock that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /** Moves time by `ms`, runs each timer at its own instant and in order, and lets what they woke come to rest in between. */
  advance(ms: number): Promise<void>;
  /** Moves time by `ms` and runs no timer, as for a process that is frozen. What is due by then runs at the next {@link advance}. */
  freeze(ms: number): void;
  /** Lets everything that waits for nothing but microtasks and immediates come to rest, without moving time. */
  settle(): Promise<void>;
  /** Sets the wall clock alone, as NTP or a sleeping laptop do; the monotonic clock and the timers do not notice. */
  setWall(now: Date): void;
  /** How many timers wait. A test that ends with timers left has leaked them. */
  readonly pending: number;
  /** Milliseconds until the next timer, or undefined without one. */
  readonly nextInMs: number | undefined;
}

interface Timer {
  readonly due: number;
  /** Of two timers that are due together the one that was set first runs first. */
  readonly rank: number;
  readonly run: () => void;
  cancelled: boolean;
}

/**
 * A virtual clock that starts at `start` (2026-06-01T00:00:00Z unless told). `settle` lets what a timer woke come to rest;
 * unless told it waits for a few turns of the event loop, each of which runs all microtasks to their end.
 */
export function virtualClock(
  start: Date | string = '2026-06-01T00:00:00Z',
  settle: () => Promise<void> = fewTurns,
): VirtualClock {
  const timers = new Timers();
  let elapsedMs = 0;
  let epochMs = new Date(start).getTime();

  return {
    now: () => new Date(epochMs + elapsedMs),
    monotonicMs: () => elapsedMs,
    after(ms, run) {
      const due = elapsedMs + Math.max(0, ms);
      // What rounding would lose takes a millisecond, as the shortest of Node's timers: else who waits for it does so for ever.
      return timers.add(ms > 0 && due === elapsedMs ? elapsedMs + 1 : due, run);
    },
    async advance(ms) {
      const until = elapsedMs + ms;
      await settle();
      for (let timer = timers.popDue(until); timer !== undefined; timer = timers.popDue(until)) {
        elapsedMs = Math.max(elapsedMs, timer.due);
        timer.run();
        await settle();
      }
      elapsedMs = until;
      await settle();
    },
    freeze(ms) {
      elapsedMs += ms;
    },
    settle,
    setWall(now) {
      epochMs = now.getTime() - elapsedMs;
    },
    get pending() {
      return timers.size;
    },
    get nextInMs() {
      const due = timers.nextDue;
      return due === undefined ? undefined : Math.max(0, due - elapsedMs);
    },
  };
}

/** Timers by when they are due: a binary heap. One that is cancelled stays in until it comes to the front. */
class Timers {
  readonly #heap: Timer[] = [];
  #made = 0;
  #cancelled = 0;

  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  get nextDue(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.due;
  }

  /** @returns what cancels it. */
  add(due: number, run: () => void): () => void {
    this.#made += 1;
    const timer: Timer = { due, rank: this.#made, run, cancelled: false };
    this.#heap.push(timer);
    this.#up(this.#heap.length - 1);
    return () => {
      if (timer.cancelled) return;
      timer.cancelled = true;
      this.#cancelled += 1;
    };
  }

  /** Takes out the first timer, if it is due by `until`. */
  popDue(until: number): Timer | undefined {
    this.#dropCancelled();
    const first = this.#heap[0];
    if (first === undefined || first.due > until) return undefined;
    this.#pop();
    first.cancelled = true; // a cancel that comes later counts nothing
    return first;
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.cancelled === true) {
      this.#pop();
      this.#cancelled -= 1;
    }
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down();
  }

  #up(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const child = this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#isBefore(child, at)) return;
      this.#swap(child, at);
      at = child;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return false;
    return a.due < b.due || (a.due === b.due && a.rank < b.rank);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}

async function fewTurns(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
