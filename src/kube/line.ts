import { type Clock, TransientError } from '../runtime/index.ts';

interface Waiting {
  readonly start: () => void;
  readonly giveUp: (why: unknown) => void;
}

/** Calls that wait for their turn: so many run at once, first come, first served. It may have to rest. */
export class Line {
  readonly #clock: Clock;
  readonly #most: number;
  /** How many may run at once now: one after a rest, and one more for each call that goes well. */
  #slots: number;
  #running = 0;
  readonly #waiting = new Set<Waiting>();
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
    this.#slots = most;
  }

  /**
   * Resolves when it is the turn of a call, which then has to {@link leave}.
   *
   * @throws TransientError when that was not so for `limitMs`, or cannot be; `signal.reason` when aborted before.
   */
  async enter(limitMs: number, name: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const restMs = this.#restMs();
    if (restMs > limitMs) {
      throw new TransientError(`${name}: the API server asks to be left alone`, { retryAfterMs: restMs });
    }
    if (restMs > 0 || this.#waiting.size > 0 || this.#running >= this.#slots) await this.#wait(limitMs, name, signal);
    else this.#running += 1;
  }

  /** The call has ended; `well` unless the API server is overloaded. */
  leave(well: boolean): void {
    this.#running -= 1;
    if (well) this.#slots = Math.min(this.#most, this.#slots + 1);
    this.#startNext();
  }

  /** Starts nothing for so long, and then one call at first. */
  rest(ms: number): void {
    this.#slots = 1;
    this.#restsUntilMs = Math.max(this.#restsUntilMs, this.#clock.monotonicMs() + ms);
    this.#wake?.();
    this.#wake = this.#clock.after(this.#restMs(), () => {
      this.#wake = undefined;
      this.#restsUntilMs = Number.NEGATIVE_INFINITY; // timers may be a little early
      this.#startNext();
    });
  }

  /** Ends the wait of every call. */
  close(why: Error): void {
    this.#wake?.();
    this.#wake = undefined;
    for (const one of this.#waiting) one.giveUp(why);
  }

  #restMs(): number {
    return Math.max(0, this.#restsUntilMs - this.#clock.monotonicMs());
  }

  #wait(limitMs: number, name: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = (): void => {
        this.#waiting.delete(one);
        cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const one: Waiting = {
        start: () => {
          ended();
          resolve();
        },
        giveUp: (why) => {
          ended();
          reject(why instanceof Error ? why : new Error('aborted', { cause: why }));
        },
      };
      const onAbort = (): void => one.giveUp(signal?.reason);
      const tooLong = new TransientError(`${name}: it was not its turn within ${limitMs / 1000} s`);
      const cancel = this.#clock.after(limitMs, () => one.giveUp(tooLong));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(one);
    });
  }

  #startNext(): void {
    if (this.#restMs() > 0) return;
    for (const one of this.#waiting) {
      if (this.#running >= this.#slots) return;
      this.#running += 1;
      one.start();
    }
  }
}
