import type { Clock } from './clock.ts';
import { DueTimes } from './due-times.ts';
import { Elapsed } from './elapsed.ts';
import { FairLane } from './fair-lane.ts';
import { Turns } from './turns.ts';

/** Back-off of a key that fails: doubled from the first to the longest, each time multiplied by a random 0.5 to 1. */
const firstRetryMs = 100;
const longestRetryMs = 300_000;
/** The longest sleep before the wall clock is looked at again, so that a jump of it is noticed. */
const longestSleepMs = 60_000;
/** So many keys of the due lane are given before one of the woken lane, where both have keys. */
const mostDueInARow = 4;

/** What waits in a queue that is worked on; all zero where nobody takes, as in an operator that does not lead. */
export interface Backlog {
  /** Keys that wait for a taker. */
  readonly ready: number;
  /** Keys promised for a later time. */
  readonly later: number;
  /** For how long the key has waited for a taker that waits longest. */
  readonly longestWaitMs: number;
}

/**
 * A queue of keys that holds each key once and never gives it to two takers at once. A key that is added while it is worked
 * on is given again after {@link done}. Of several wishes for one key the earliest wins, and the pass it causes answers all
 * of them: the pass itself says when the next one is due.
 *
 * Keys wait in two lanes. A key whose promised time has come ({@link addAfter}, {@link retry}) goes before those that only
 * changed ({@link add}), be they a whole fleet; of five keys given one is of the latter, so that neither lane starves. In
 * each lane the groups of keys, which are the namespaces, take turns.
 *
 * Promises count the wall clock or the monotonic clock, whichever went further.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #elapsed: Elapsed;
  readonly #due = new FairLane();
  readonly #woken = new FairLane();
  #dueInARow = 0;
  /** A key stays here while it waits in the woken lane: the promise may come true before its turn. */
  readonly #promises = new DueTimes();
  readonly #processing = new Set<string>();
  /** Wanted while being worked on: given again as soon as that is done, in this lane. */
  readonly #wantedAgain = new Map<string, FairLane>();
  readonly #failures = new Map<string, number>();
  readonly #idle = new Set<() => void>();
  #takers = 0;
  #takenSinceMs = 0;
  /** The due time that the timer stands for; it is looked at again at least every {@link longestSleepMs}. */
  #armedFor: number | undefined;
  #disarm: (() => void) | undefined;

  constructor(parts: { clock: Clock; random?: () => number }) {
    this.#clock = parts.clock;
    this.#random = parts.random ?? Math.random;
    this.#elapsed = new Elapsed(parts.clock);
  }

  /** What waits, for metrics. */
  backlog(): Backlog {
    if (this.#takers === 0) return { ready: 0, later: 0, longestWaitMs: 0 };
    const now = this.#elapsed.ms();
    const oldest = Math.min(this.#due.oldestSinceMs ?? now, this.#woken.oldestSinceMs ?? now);
    return {
      ready: this.#due.size + this.#woken.size + this.#wantedAgain.size,
      later: this.#promises.size,
      longestWaitMs: now - Math.max(oldest, this.#takenSinceMs),
    };
  }

  /** Wants `key` worked on when its turn comes. */
  add(key: string): void {
    this.#admit(key, this.#woken);
  }

  /** Wants all of them worked on as soon as takers are free; where they are many, the event loop has turns in between. */
  addAll(rows: Iterable<{ readonly key: string }>): void {
    void this.#addInTurns(rows);
  }

  /** Promises `key` a pass in `ms` milliseconds, or earlier where that is wished as well. */
  addAfter(key: string, ms: number): void {
    if (ms > 0) {
      this.#promises.addEarliest(key, this.#elapsed.ms() + ms);
      this.#arm();
    } else this.#admit(key, this.#due);
  }

  /** Promises `key` a pass after its back-off, which grows with each call, and not before `retryAfterMs`. */
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
    const lane = this.#wantedAgain.get(key);
    if (lane === undefined) return;
    this.#wantedAgain.delete(key);
    this.#admit(key, lane);
  }

  /**
   * Gives keys until `signal` is aborted; keys that still wait then stay in the queue. Several takers share the keys. Each key
   * taken must be given back by {@link done}.
   */
  async *take(signal: AbortSignal): AsyncGenerator<string, void, void> {
    if (this.#takers === 0) this.#takenSinceMs = this.#elapsed.ms();
    this.#takers += 1;
    this.#arm();
    try {
      while (!signal.aborted) {
        const key = this.#next();
        if (key === undefined) {
          await this.#arrival(signal);
          continue;
        }
        this.#processing.add(key);
        this.#promises.delete(key);
        this.#arm();
        yield key;
      }
    } finally {
      this.#takers -= 1;
      this.#arm();
      if (this.#due.size + this.#woken.size > 0) this.#wakeOne();
    }
  }

  #next(): string | undefined {
    const isDue = this.#due.size > 0 && (this.#dueInARow < mostDueInARow || this.#woken.size === 0);
    this.#dueInARow = isDue ? this.#dueInARow + 1 : 0;
    return (isDue ? this.#due : this.#woken).shift();
  }

  async #addInTurns(rows: Iterable<{ readonly key: string }>): Promise<void> {
    const turns = new Turns();
    for (const { key } of rows) {
      this.add(key);
      if (turns.isOver) await turns.next();
    }
  }

  #admit(key: string, lane: FairLane): void {
    if (this.#processing.has(key)) {
      if (lane === this.#due || !this.#wantedAgain.has(key)) this.#wantedAgain.set(key, lane);
      return;
    }
    if (lane === this.#due) this.#woken.delete(key);
    else if (this.#due.has(key)) return;
    if (lane.push(key, this.#now())) this.#wakeOne();
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

  /** Keeps one timer for the next promise, and none while nobody takes: an aborted loop leaves no timer behind. */
  #arm(): void {
    const due = this.#takers === 0 ? undefined : this.#promises.nextDue;
    if (due === this.#armedFor) return;
    this.#disarm?.();
    this.#armedFor = due;
    if (due === undefined) return;
    this.#disarm = this.#clock.after(Math.min(due - this.#elapsed.ms(), longestSleepMs), () => {
      this.#armedFor = undefined;
      const now = this.#elapsed.ms();
      for (let key = this.#promises.popDue(now); key !== undefined; key = this.#promises.popDue(now))
        this.#admit(key, this.#due);
      this.#arm();
    });
  }

  /** In whole milliseconds, which a Map holds without an object of their own. */
  #now(): number {
    return Math.floor(this.#elapsed.ms());
  }
}
