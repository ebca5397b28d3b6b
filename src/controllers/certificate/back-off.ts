import type { CertificateStatus } from '../../api/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import { spread } from './spread.ts';

const minuteMs = 60_000;
const waitsMs = [1, 10, 100, 1440].map((minutes) => minutes * minuteMs);
const jitter = 0.1;
/** A failure that lies further ahead than this was noted by a clock that was wrong. */
const clockSkewMs = 3_600_000;

/**
 * The recorded failure, as long as it counts: an edit of the spec, or a renewal asked for since, undoes it.
 *
 * Times in a status are whole seconds, so what was asked for within the second of a failure does not undo it.
 */
export function standingFailure(
  { status, generation, renewRequestedAt: asked }: CertificateRow,
  now: Date,
): CertificateStatus['failure'] {
  const { failure, observedGeneration } = status;
  if (failure === undefined || observedGeneration !== generation) return undefined;
  const lastTime = new Date(failure.lastTime).getTime();
  if (lastTime > now.getTime() + clockSkewMs) return undefined;
  const askedSince = asked !== undefined && asked <= now && Math.floor(asked.getTime() / 1000) * 1000 > lastTime;
  return askedSince ? undefined : failure;
}

/**
 * When to try again after the `count`-th failure in a row: 1 minute, 10 minutes, 100 minutes, then daily for ever, each
 * within 10 %, never before what the CA asked for (Let's Encrypt's integration guide).
 */
export function nextAttempt(
  failure: { readonly of: string; readonly count: number; readonly retryAfterMs: number | undefined },
  now: Date,
): Date {
  const wait = waitsMs[Math.min(failure.count, waitsMs.length) - 1] ?? minuteMs;
  const spreadOut = wait * (1 + jitter * spread(`${failure.of}/${failure.count}`));
  const at = now.getTime() + Math.max(spreadOut, failure.retryAfterMs ?? 0);
  return new Date(Math.ceil(at / 1000) * 1000); // a status holds whole seconds; never earlier than asked
}
