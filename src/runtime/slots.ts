import type { Clock } from './clock.ts';
import { FairLane } from './fair-lane.ts';

/** A slot that is held; to be given back by {@link Slots.leave}. */
export interface Held {
  /** Aborted when the slot is wanted back. */
  readonly signal: AbortSignal;
  readonly sinceMs: number;
}

/** Why a slot is wanted back. */
export class WantedBack extends Error {
  override readonly name: string = 'WantedBack';
}

/** A number of slots. Those who wait are served by turns of their groups, and within a group first come first served. */
export class Slots {
  readonly #clock: Clock;
  readonly #count: number;
  readonly #patienceMs: number;
  readonly #waiting = new FairLane();
  readonly #starts = new Map<string, (held: Held) => void>();
  /** The longest held first, each with what wants it back. */
  readonly #held = new Map<Held, AbortController>();
  /** How many of them are wanted back. */
  #wantedBack = 0;
  #entered = 0;
  #isWatching = false;

  /** `patienceMs`: for how long a slot may be held for sure; after that it is wanted back as soon as somebody waits. */
  constructor(parts: { clock: Clock; count: number; patienceMs?: number }) {
    if (!Number.isInteger(parts.count) || parts.count < 1) throw new RangeError('at least one slot is needed');
    this.#clock = parts.clock;
    this.#count = parts.count;
    this.#patienceMs = parts.patienceMs ?? Infinity;
  }

  /** Resolves when there is a slot. The group is what stands in `key` before its last slash. */
  enter(key: string): Promise<Held> {
    this.#entered += 1;
    const id = `${key} ${this.#entered}`; // one key may wait more than once
    return new Promise((resolve) => {
      this.#waiting.push(id, this.#clock.monotonicMs());
      this.#starts.set(id, resolve);
      this.#fill();
    });
  }

  leave(held: Held): void {
    if (this.#held.delete(held) && held.signal.aborted) this.#wantedBack -= 1;
    this.#fill();
  }

  #fill(): void {
    while (this.#held.size < this.#count) {
      const id = this.#waiting.shift();
      if (id === undefined) return;
      const back = new AbortController();
      const held: Held = { signal: back.signal, sinceMs: this.#clock.monotonicMs() };
      this.#held.set(held, back);
      this.#starts.get(id)?.(held);
      this.#starts.delete(id);
    }
    this.#watch();
  }

  /** Keeps one timer, while somebody waits, for the slot that is wanted back next. */
  #watch(): void {
    if (this.#isWatching || this.#waiting.size <= this.#wantedBack) return;
    const next = this.#held.keys().find(({ signal }) => !signal.aborted);
    const dueMs = (next?.sinceMs ?? 0) + this.#patienceMs;
    if (next === undefined || dueMs === Infinity) return;
    this.#isWatching = true;
    this.#clock.after(dueMs - this.#clock.monotonicMs(), () => {
      this.#isWatching = false;
      this.#wantBack();
      this.#watch();
    });
  }

  /** Wants back as many slots as are waited for, the longest held first. */
  #wantBack(): void {
    const now = this.#clock.monotonicMs();
    for (const [{ sinceMs }, back] of this.#held) {
      if (this.#wantedBack >= this.#waiting.size || sinceMs + this.#patienceMs > now) return;
      if (back.signal.aborted) continue;
      this.#wantedBack += 1;
      back.abort(new WantedBack('the slot is wanted back'));
    }
  }
}
