import type { CertificateRow } from '../../certificate-row.ts';
import type { OrderSeen } from '../observed.ts';
import type { Blocker } from '../verdict.ts';

/** A CA is given this long to validate names, and to issue, before it is worth a write. */
const patienceMs = 600_000;
/** So often is one order gone on with, over more than two days, before it is given up. */
const mostAttempts = 5;

/** How many attempts have failed that the recorded order has outlived: others may have failed before it was placed. */
export function failedAttempts({ status }: CertificateRow): number {
  return status.order?.failedAttempts ?? 0;
}

/** Whether the attempt that is being made is the last one with its order. */
export function isLastAttempt(certificate: CertificateRow): boolean {
  return failedAttempts(certificate) >= mostAttempts - 1;
}

/**
 * How long to wait for a CA that has something to do; or that it takes too long, which is a failure: it is asked less and less
 * often, and in the end (`isOver`) another order is placed.
 */
export function waitedFor(
  certificate: CertificateRow,
  { state, since, pollAt }: Extract<OrderSeen, { since: Date }>,
  now: Date,
): { readonly until: Date } | { readonly blocker: Blocker; readonly isOver: boolean; readonly retryAfterMs: number } {
  const patienceEnds = new Date(since.getTime() + patienceMs);
  if (now < patienceEnds) return { until: pollAt < patienceEnds ? pollAt : patienceEnds };
  const message = `The CA has left the order ${state} for ${patienceMs / 60_000} minutes`;
  const retryAfterMs = Math.max(0, pollAt.getTime() - now.getTime());
  return isLastAttempt(certificate)
    ? {
        blocker: { reason: 'OrderFailed', message: `${message} at each of ${mostAttempts} attempts` },
        isOver: true,
        retryAfterMs,
      }
    : { blocker: { reason: 'CAUnavailable', message }, isOver: false, retryAfterMs };
}
