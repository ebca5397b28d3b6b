/** How many failed keys are remembered; the oldest are forgotten, and so get a normal slot once more. */
const rememberedFailures = 100_000;

/** One run that waits for its slot. */
interface Waiting {
  readonly failedBefore: boolean;
  start(): void;
}

/**
 * Slots for slow outside work such as network probes. Keys that failed last time share a part of the slots, so that any
 * number of black holes cannot hold up the rest; within that part they go first, so that the rest cannot starve them.
 */
export class Pool {
  readonly #slots: number;
  readonly #failedSlots: number;
  readonly #failed = new Set<string>();
  readonly #waiting: { readonly fresh: Waiting[]; readonly failed: Waiting[] } = { fresh: [], failed: [] };
  #running = 0;
  #failedRunning = 0;

  /** `failedShare`: the share of slots for keys that failed last time; a quarter unless told, and never less than one slot. */
  constructor(parts: { slots: number; failedShare?: number }) {
    if (!Number.isInteger(parts.slots) || parts.slots < 1) throw new RangeError('a pool needs at least one slot');
    this.#slots = parts.slots;
    this.#failedSlots = Math.max(1, Math.floor(parts.slots * (parts.failedShare ?? 0.25)));
  }

  /**
   * Runs `task` when a slot is free. `ok` of its outcome decides the lane of the key's next run; a rejection counts as not ok.
   *
   * @throws what `task` throws.
   */
  async run<T extends { readonly ok: boolean }>(key: string, task: () => Promise<T>): Promise<T> {
    const failedBefore = this.#failed.has(key);
    await this.#slot(failedBefore);
    let ok = false;
    try {
      const outcome = await task();
      ok = outcome.ok;
      return outcome;
    } finally {
      this.#remember(key, ok);
      this.#running -= 1;
      if (failedBefore) this.#failedRunning -= 1;
      this.#startNext();
    }
  }

  #slot(failedBefore: boolean): Promise<void> {
    return new Promise((resolve) => {
      const lane = failedBefore ? this.#waiting.failed : this.#waiting.fresh;
      lane.push({ failedBefore, start: resolve });
      this.#startNext();
    });
  }

  #startNext(): void {
    while (this.#running < this.#slots) {
      const mayFail = this.#failedRunning < this.#failedSlots;
      const next = (mayFail ? this.#waiting.failed.shift() : undefined) ?? this.#waiting.fresh.shift();
      if (next === undefined) return;
      this.#running += 1;
      if (next.failedBefore) this.#failedRunning += 1;
      next.start();
    }
  }

  #remember(key: string, ok: boolean): void {
    this.#failed.delete(key);
    if (ok) return;
    this.#failed.add(key);
    if (this.#failed.size <= rememberedFailures) return;
    for (const oldest of this.#failed) {
      this.#failed.delete(oldest);
      return;
    }
  }
}
