import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { ConflictError, TerminalError, TransientError } from './errors.ts';
import type { Log, LogFields } from './log.ts';
import type { WorkQueue } from './queue.ts';
import type { Reconcile, Result } from './result.ts';

/** How a pass ended. A defect is an error of no known class: a bug of ours, counted apart. */
export type PassOutcome = 'settled' | 'requeued' | 'conflict' | 'transient' | 'terminal' | 'defect';

/** What a loop is made of. */
export interface Loop {
  readonly queue: WorkQueue;
  readonly reconcile: Reconcile;
  /** How many keys are worked on at once. */
  readonly workers: number;
  readonly log: Log;
  readonly clock: Clock;
  /** The fields that name a key in log lines; `{ name: key }` unless told. */
  readonly identify?: (key: string) => LogFields;
  /** Told the outcome and the duration of each pass, for metrics. Must not throw. */
  readonly onPass?: (outcome: PassOutcome, ms: number) => void;
}

/**
 * Reconciles until aborted: many keys at once, never one key twice at once. Resolves when the last running pass has ended.
 *
 * It is the only place that turns an error into a schedule, and the only one that logs a failed pass: one line each. A pass
 * that fails because of the abort is neither.
 */
export async function runLoop(parts: Loop, signal: AbortSignal): Promise<void> {
  const work = async (): Promise<void> => {
    for await (const key of parts.queue.take(signal)) {
      try {
        await pass(parts, key, signal);
      } finally {
        parts.queue.done(key);
      }
    }
  };
  await Promise.all(Array.from({ length: parts.workers }, work));
}

async function pass(
  { queue, reconcile, log, clock, identify, onPass }: Loop,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const started = clock.monotonicMs();
  const elapsedMs = (): number => clock.monotonicMs() - started;
  try {
    const result = await reconcile(key, signal);
    // Not inside the call: its arguments are not evaluated where nobody listens.
    const outcome = afterSuccess(queue, key, result);
    onPass?.(outcome, elapsedMs());
  } catch (error) {
    if (signal.aborted) return;
    const fields = identify?.(key) ?? { name: key };
    const outcome = afterFailure(queue, key, error, log.child({ ...fields, reconcileID: randomUUID() }));
    onPass?.(outcome, elapsedMs());
  }
}

function afterSuccess(queue: WorkQueue, key: string, result: Result): PassOutcome {
  queue.forget(key);
  if (result.kind === 'settled') return 'settled';
  queue.addAfter(key, result.ms);
  return 'requeued';
}

function afterFailure(queue: WorkQueue, key: string, error: unknown, log: Log): PassOutcome {
  if (error instanceof TerminalError) {
    log.error('reconcile rejected, waiting for a change', { error });
    queue.forget(key);
    return 'terminal';
  }
  if (error instanceof ConflictError) {
    log.debug('stale read, retrying', { error });
    queue.retry(key);
    return 'conflict';
  }
  if (error instanceof TransientError) {
    log.warn('reconcile failed, backing off', { error });
    queue.retry(key, error.retryAfterMs);
    return 'transient';
  }
  log.error('unexpected error, backing off', { error });
  queue.retry(key);
  return 'defect';
}
