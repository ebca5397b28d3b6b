import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { ConflictError, RevokedError, TerminalError, TransientError } from './errors.ts';
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

/** How long running passes may go on after the abort. Short, because another process waits for the lease meanwhile. */
const drainMs = 500;

/**
 * Reconciles until aborted: many keys at once, never one key twice at once. Once aborted no pass begins; those that run may
 * end by themselves within half a second, and then are aborted as well (at once where the reason is a {@link RevokedError}).
 * Resolves when the last of them has ended, and aborts what they left to itself.
 *
 * It is the only place that turns an error into a schedule, and the only one that logs a failed pass: one line each. A pass
 * that fails because it was aborted is neither.
 */
export async function runLoop(parts: Loop, signal: AbortSignal): Promise<void> {
  const { signal: cut, end } = cutAfterDrain(parts.clock, signal);
  const work = async (): Promise<void> => {
    for await (const key of parts.queue.take(signal)) {
      try {
        await pass(parts, key, cut);
      } finally {
        parts.queue.done(key);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: parts.workers }, work));
  } finally {
    end();
  }
}

/**
 * A signal that follows `signal` when running passes have had their time to end. `end` leaves no timer behind, neither its own nor
 * one that a pass left to itself.
 */
function cutAfterDrain(clock: Clock, signal: AbortSignal): { readonly signal: AbortSignal; readonly end: () => void } {
  const cut = new AbortController();
  let cancel = (): void => {};
  const onAbort = (): void => {
    const now = (): void => cut.abort(signal.reason);
    if (signal.reason instanceof RevokedError) now();
    else cancel = clock.after(drainMs, now);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    signal: cut.signal,
    end() {
      cancel();
      signal.removeEventListener('abort', onAbort);
      cut.abort(signal.reason);
    },
  };
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
