import { type Clock, sleep } from '../runtime/index.ts';
import type { Metrics } from './metrics.ts';

const intervalMs = 500;

/**
 * Measures how late timers run until aborted. Node's own histogram is emptied by each scrape, so that two scrapers
 * would each see a part of it; this one only grows.
 */
export async function watchEventLoop(
  parts: { clock: Clock; metrics: Pick<Metrics, 'eventLoopDelaySeconds'> },
  signal: AbortSignal,
): Promise<void> {
  const { clock, metrics } = parts;
  while (!signal.aborted) {
    const due = clock.monotonicMs() + intervalMs;
    await sleep(clock, intervalMs, signal).catch(() => undefined); // rejects when aborted alone
    if (!signal.aborted) metrics.eventLoopDelaySeconds.observe({}, Math.max(0, clock.monotonicMs() - due) / 1000);
  }
}
