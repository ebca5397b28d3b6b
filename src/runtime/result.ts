/** What a pass leaves behind: nothing to wait for but a change, or a time to look again. */
export type Result = { readonly kind: 'settled' } | { readonly kind: 'requeueAfter'; readonly ms: number };

/** Nothing more to do until something changes. */
export const settled: Result = Object.freeze({ kind: 'settled' });

/** Look again in `ms` milliseconds (at once when negative), or earlier when something changes. */
export function requeueAfter(ms: number): Result {
  return { kind: 'requeueAfter', ms: Math.max(0, ms) };
}

/** Look again at `at`, or earlier when something changes. */
export function requeueAt(at: Date, now: Date): Result {
  return requeueAfter(at.getTime() - now.getTime());
}

/**
 * Brings the object named by `key` one step nearer to what is wanted. It is told the name alone, never why it woke.
 *
 * @throws ConflictError, TransientError or TerminalError for what is expected to go wrong; anything else is a defect.
 */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<Result>;
