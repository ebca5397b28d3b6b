import { type Clock, Elapsed } from '../../runtime/index.ts';

/** So many have a turn at once after a time of rest, and one each `everyMs` from then on. */
interface Bounds {
  readonly atOnce: number;
  readonly everyMs: number;
}

/** Gives out turns, first come, first served. Each key keeps its turn until it has used it, however often it asks meanwhile. */
export class Pace {
  readonly #elapsed: Elapsed;
  readonly #bounds: Bounds;
  readonly #turns = new Map<string, number>();
  /** When the next turn is, by `#elapsed`. */
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, bounds: Bounds) {
    this.#elapsed = new Elapsed(clock);
    this.#bounds = bounds;
  }

  /** Uses the turn of `key` and gives 0 where it has come; else gives the milliseconds until then. */
  take(key: string): number {
    const { atOnce, everyMs } = this.#bounds;
    const now = this.#elapsed.ms();
    const turn = this.#turns.get(key) ?? Math.max(this.#nextMs, now - (atOnce - 1) * everyMs);
    if (!this.#turns.has(key)) this.#nextMs = turn + everyMs;
    if (turn <= now) this.#turns.delete(key);
    else this.#turns.set(key, turn);
    return Math.max(0, turn - now);
  }

  /** Ends the wait of `key`, which wants no turn any more. Does nothing where it waits for none. */
  leave(key: string): void {
    this.#turns.delete(key);
  }
}
