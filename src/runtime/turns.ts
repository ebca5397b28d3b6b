import { setImmediate as turn } from 'node:timers/promises';

/** How long one works before others get the event loop. */
const turnMs = 10;

/** Long work in turns: whoever does it looks often whether its turn {@link isOver}, and then waits for the {@link next}. */
export class Turns {
  #endsMs = performance.now() + turnMs;

  get isOver(): boolean {
    return performance.now() >= this.#endsMs;
  }

  /** Resolves after all others that wait for the event loop. */
  async next(): Promise<void> {
    await turn();
    this.#endsMs = performance.now() + turnMs;
  }
}
