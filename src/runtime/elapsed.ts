import type { Clock } from './clock.ts';

/**
 * How much time went by since it was made, by the wall clock or the monotonic clock, whichever went further each time it was
 * looked at: a machine that slept wakes to what is due by date, and a wall clock that is set back delays nothing.
 */
export class Elapsed {
  readonly #clock: Clock;
  #elapsedMs = 0;
  #lastWallMs: number;
  #lastMonotonicMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastWallMs = clock.now().getTime();
    this.#lastMonotonicMs = clock.monotonicMs();
  }

  /** Milliseconds; never goes back. */
  ms(): number {
    const wallMs = this.#clock.now().getTime();
    const monotonicMs = this.#clock.monotonicMs();
    this.#elapsedMs += Math.max(0, wallMs - this.#lastWallMs, monotonicMs - this.#lastMonotonicMs);
    this.#lastWallMs = wallMs;
    this.#lastMonotonicMs = monotonicMs;
    return this.#elapsedMs;
  }
}
