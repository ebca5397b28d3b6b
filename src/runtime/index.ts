/**
 * The ground that every controller stands on: time, errors and what they mean for a schedule, the work queue and its loop.
 * It knows no Kubernetes, and imports nothing of the program.
 */
export { type Clock, neverMs, sleep, systemClock } from './clock.ts';
export { Elapsed } from './elapsed.ts';
export { ConflictError, RevokedError, TerminalError, TransientError } from './errors.ts';
export { fewAtATime } from './few-at-a-time.ts';
export type { Log, LogFields } from './log.ts';
export { type Loop, type PassOutcome, runLoop } from './loop.ts';
export { oncePer } from './once-per.ts';
export { Pool } from './pool.ts';
export { WorkQueue } from './queue.ts';
export { type Reconcile, type Result, requeueAfter, requeueAt, settled } from './result.ts';
export { printable } from './text.ts';
export { Turns } from './turns.ts';
