import type { Clock } from '../../src/runtime/index.ts';

/** A clock that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /** Moves time by `ms`, runs each timer at its own instant and in order, and lets what they woke come to rest in between. */
  advance(ms: number): Promise<void>;
  /** Lets everything that waits for nothing but microtasks and immediates come to rest, without moving time. */
  settle(): Promise<void>;
  /** Sets the wall clock alone, as NTP or a sleeping laptop do; the monotonic clock and the timers do not notice. */
  setWall(now: Date): void;
  /** How many timers wait. A test that ends with timers left has leaked them. */
  readonly pending: number;
  /** Milliseconds until the next timer, or undefined without one. */
  readonly nextInMs: number | undefined;
}

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** A virtual clock that starts at `start` (2026-06-01T00:00:00Z unless told). */
export function virtualClock(start: Date | string = '2026-06-01T00:00:00Z'): VirtualClock {
  const timers = new Set<Timer>();
  let elapsedMs = 0;
  let epochMs = new Date(start).getTime();

  const next = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) if (first === undefined || timer.due < first.due) first = timer;
    return first;
  };

  return {
    now: () => new Date(epochMs + elapsedMs),
    monotonicMs: () => elapsedMs,
    after(ms, run) {
      const timer: Timer = { due: elapsedMs + Math.max(0, ms), run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const until = elapsedMs + ms;
      await settle();
      for (let timer = next(); timer !== undefined && timer.due <= until; timer = next()) {
        timers.delete(timer);
        elapsedMs = Math.max(elapsedMs, timer.due);
        timer.run();
        await settle();
      }
      elapsedMs = until;
      await settle();
    },
    settle,
    setWall(now) {
      epochMs = now.getTime() - elapsedMs;
    },
    get pending() {
      return timers.size;
    },
    get nextInMs() {
      const first = next();
      return first === undefined ? undefined : Math.max(0, first.due - elapsedMs);
    },
  };
}

/** A few turns of the event loop: each runs all microtasks to their end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
