import type { Clock } from './clock.ts';
import { Slots, WantedBack } from './slots.ts';

/** How many slow keys are remembered; the oldest are forgotten, and so get a normal slot once more. */
const rememberedSlow = 100_000;

/**
 * Slots for outside work of unknown length, such as network probes, where a key that swallows packets takes its whole time
 * limit. Keys that were slow last time have a few slots of their own. All others have many, and a task among them that runs
 * for longer than `patienceMs` while others wait is cut short, and run anew, to its end, in a slot for slow keys. So a black
 * hole delays the rest by no more than its share of a round of `patienceMs`, also when nobody knows it yet.
 *
 * What stands in a key before its last slash (the namespace) is its group: groups take turns.
 */
export class Pool {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #normalSlots: Slots;
  readonly #slowSlots: Slots;
  readonly #slow = new Set<string>();

  /** At most `slots + slowSlots` tasks run at once. */
  constructor(parts: { clock: Clock; slots: number; slowSlots: number; patienceMs: number }) {
    const { clock, slots, slowSlots, patienceMs } = parts;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#normalSlots = new Slots({ clock, count: slots, patienceMs });
    this.#slowSlots = new Slots({ clock, count: slowSlots });
  }

  /**
   * Runs `task` when a slot is free. When its signal is aborted it has to end soon; it is then run once more, later.
   *
   * @throws what `task` throws.
   */
  async run<T>(key: string, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const slots = this.#slow.has(key) ? this.#slowSlots : this.#normalSlots;
    const held = await slots.enter(key);
    try {
      return await task(held.signal);
    } catch (error) {
      if (!(error instanceof WantedBack)) throw error;
    } finally {
      this.#remember(key, this.#clock.monotonicMs() - held.sinceMs >= this.#patienceMs);
      slots.leave(held);
    }
    return this.run(key, task);
  }

  #remember(key: string, isSlow: boolean): void {
    this.#slow.delete(key);
    if (!isSlow) return;
    this.#slow.add(key);
    if (this.#slow.size <= rememberedSlow) return;
    for (const oldest of this.#slow) {
      this.#slow.delete(oldest);
      return;
    }
  }
}
