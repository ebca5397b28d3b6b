/**
 * A signal that is aborted with any of `signals`, or with `tooLong` after `ms`. `AbortSignal.any` over a signal that lives as
 * long as the program would do the same, but keeps what it made until that signal is gone.
 */
export class TimeLimit {
  readonly #controller = new AbortController();
  readonly #signals: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = (): void => {
    const aborted = this.#signals.find((signal) => signal.aborted);
    this.#controller.abort(aborted?.reason);
  };

  constructor(ms: number, tooLong: Error, signals: readonly AbortSignal[]) {
    this.#signals = signals;
    this.#timer = setTimeout(() => this.#controller.abort(tooLong), ms);
    for (const signal of signals) signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signals.some((signal) => signal.aborted)) this.#onAbort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Resolves as `work` does. @throws the signal's reason, once it is aborted: whatever `work` does then is not waited for. */
  async over<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#controller;
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return await Promise.race([work, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Takes the time limit away; the signals stay. */
  lift(): void {
    clearTimeout(this.#timer);
  }

  /** Lets go of everything: to be called when the work has ended. */
  end(): void {
    this.lift();
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#onAbort);
  }
}
