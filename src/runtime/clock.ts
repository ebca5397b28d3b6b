/** Time as the rest of the program sees it, so that tests can own it. */
export interface Clock {
  /** The wall clock: for dates that are compared with dates from elsewhere. It may jump. */
  now(): Date;
  /** Milliseconds since an arbitrary start; never goes back. For durations and deadlines. */
  monotonicMs(): number;
  /**
   * Runs `run` once, not before `ms` milliseconds from now (at once when `ms` is not above zero). Safe for any length, also
   * beyond the 24.8 days at which Node's own timers overflow and fire immediately.
   *
   * @returns what cancels it; harmless after it ran.
   */
  after(ms: number, run: () => void): () => void;
}

/** The last instant that a Date can be (ECMAScript, 21.4.1.1), in milliseconds since 1970. */
export const neverMs = 8.64e15;

/** The longest delay that `setTimeout` takes: 2^31 - 1 ms. */
const longestTimerMs = 2_147_483_647;

/** The clock of the machine. Its timers keep the process alive until they ran or were cancelled. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  after(ms, run) {
    const due = performance.now() + ms;
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      timer = setTimeout(tick, Math.max(0, Math.min(leftMs, longestTimerMs)));
    };
    const tick = (): void => {
      const leftMs = due - performance.now();
      if (leftMs >= 1) arm(leftMs);
      else run();
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Resolves after `ms` milliseconds of `clock`.
 *
 * @throws `signal.reason`, at once, when `signal` is or becomes aborted.
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(reasonOf(signal));
      return;
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      cancel();
      reject(reasonOf(signal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
