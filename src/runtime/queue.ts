import type { Clock } from './clock.ts';
import { DelayHeap } from './delay-heap.ts';

/** Back-off of a key that fails: doubled from the first to the longest, each time multiplied by a random 0.5 to 1. */
const firstRetryMs = 100;
const longestRetryMs = 300_000;
/** The longest sleep before the wall clock is looked at again, so that a jump of it is noticed. */
const longestSleepMs = 60_000;

/**
 * A queue of keys that holds each key once and never gives it to two takers at once. A key that is added while it is worked
 * on is given again after {@link done}. Of several wishes for one key the earliest wins, and the pass it causes answers all
 * of them: the pass itself says when the next one is due.
 *
 * Delays count the wall clock or the monotonic clock, whichever went further: a machine that slept wakes to what is due by
 * date, and a wall clock that is set back delays nothing.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #ready = new Fifo();
  readonly #waiting = new DelayHeap();
  readonly #processing = new Set<string>();
  /** Added while being worked on: given again as soon as that is done. */
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #idle = new Set<() => void>();
  #takers = 0;
  /** The due time that the timer stands for; it is looked at again at least every {@link longestSleepMs}. */
  #armedFor: number | undefined;
  #disarm: (() => void) | undefined;
  #elapsedMs = 0;
  #lastWallMs: number;
  #lastMonotonicMs: number;

  constructor(parts: { clock: Clock; random?: () => number }) {
    this.#clock = parts.clock;
    this.#random = parts.random ?? Math.random;
    this.#lastWallMs = parts.clock.now().getTime();
    this.#lastMonotonicMs = parts.clock.monotonicMs();
  }

  /** How many keys wait, now or later; those being worked on are not counted. */
  get size(): number {
    return this.#ready.size + this.#waiting.size + this.#dirty.size;
  }

  /** Wants `key` worked on as soon as a taker is free. */
  add(key: string): void {
    this.#waiting.delete(key);
    this.#admit(key);
    this.#arm();
  }

  /** Wants `key` worked on in `ms` milliseconds, or earlier where that is wished as well. */
  addAfter(key: string, ms: number): void {
    if (!(ms > 0)) {
      this.add(key);
      return;
    }
    if (this.#ready.has(key) || this.#dirty.has(key)) return;
    this.#waiting.addEarliest(key, this.#now() + ms);
    this.#arm();
  }

  /** Wants `key` worked on after its back-off, which grows with each call, and not before `retryAfterMs`. */
  retry(key: string, retryAfterMs = 0): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const backOffMs = Math.min(longestRetryMs, firstRetryMs * 2 ** failures) * (0.5 + this.#random() / 2);
    // Those who were sent away together must not come back together.
    this.addAfter(key, Math.max(backOffMs, retryAfterMs * (1 + this.#random() / 10)));
  }

  /** Ends the back-off of `key`: its next {@link retry} begins anew. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Says that the work on a taken `key` has ended. */
  done(key: string): void {
    this.#processing.delete(key);
    if (this.#dirty.delete(key)) this.#admit(key);
  }

  /**
   * Gives keys, first come first served, until `signal` is aborted; keys that still wait then stay in the queue. Several
   * takers share the keys. Each key taken must be given back by {@link done}.
   */
  async *take(signal: AbortSignal): AsyncGenerator<string, void, void> {
    this.#takers += 1;
    this.#arm();
    try {
      while (!signal.aborted) {
        const key = this.#ready.shift();
        if (key === undefined) {
          await this.#arrival(signal);
          continue;
        }
        this.#processing.add(key);
        yield key;
      }
    } finally {
      this.#takers -= 1;
      this.#arm();
      if (this.#ready.size > 0) this.#wakeOne();
    }
  }

  #admit(key: string): void {
    if (this.#processing.has(key)) {
      this.#dirty.add(key);
      return;
    }
    if (this.#ready.push(key)) this.#wakeOne();
  }

  #wakeOne(): void {
    for (const wake of this.#idle) {
      wake();
      return;
    }
  }

  #arrival(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#idle.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#idle.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** Keeps one timer for the next delayed key, and none while nobody takes: an aborted loop leaves no timer behind. */
  #arm(): void {
    const due = this.#takers === 0 ? undefined : this.#waiting.nextDue;
    if (due === this.#armedFor) return;
    this.#disarm?.();
    this.#armedFor = due;
    if (due === undefined) return;
    this.#disarm = this.#clock.after(Math.min(due - this.#now(), longestSleepMs), () => {
      this.#armedFor = undefined;
      const now = this.#now();
      for (let key = this.#waiting.popDue(now); key !== undefined; key = this.#waiting.popDue(now)) this.#admit(key);
      this.#arm();
    });
  }

  #now(): number {
    const wallMs = this.#clock.now().getTime();
    const monotonicMs = this.#clock.monotonicMs();
    this.#elapsedMs += Math.max(0, wallMs - this.#lastWallMs, monotonicMs - this.#lastMonotonicMs);
    this.#lastWallMs = wallMs;
    this.#lastMonotonicMs = monotonicMs;
    return this.#elapsedMs;
  }
}

/** First in, first out, each key once. An array with a moving head: deleting at the front of a Set costs its whole length. */
class Fifo {
  #keys: string[] = [];
  #head = 0;
  readonly #members = new Set<string>();

  get size(): number {
    return this.#members.size;
  }

  has(key: string): boolean {
    return this.#members.has(key);
  }

  /** @returns whether the key was not in it yet. */
  push(key: string): boolean {
    if (this.#members.has(key)) return false;
    this.#members.add(key);
    this.#keys.push(key);
    return true;
  }

  shift(): string | undefined {
    const key = this.#keys[this.#head];
    if (key === undefined) return undefined;
    this.#head += 1;
    this.#members.delete(key);
    if (this.#head > 1024 && this.#head * 2 > this.#keys.length) {
      this.#keys = this.#keys.slice(this.#head);
      this.#head = 0;
    }
    return key;
  }
}
