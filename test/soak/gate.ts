/** Lets work through while it is open; closing it waits for what is on its way. */
export class Gate {
  readonly #onTheirWay = new Set<Promise<void>>();
  #opened: PromiseWithResolvers<void> | undefined;

  /** Does the work when the gate is open, else once it opens; not at all when aborted before. */
  async through(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    while (this.#opened !== undefined) {
      await this.#opened.promise;
    }
    if (signal.aborted) return;
    const working = work();
    this.#onTheirWay.add(working);
    try {
      await working;
    } finally {
      this.#onTheirWay.delete(working);
    }
  }

  /** Resolves when nothing is on its way any more. What fails is told to whoever sent it through. */
  async close(): Promise<void> {
    this.#opened ??= Promise.withResolvers();
    await Promise.allSettled(this.#onTheirWay);
  }

  open(): void {
    this.#opened?.resolve();
    this.#opened = undefined;
  }
}
