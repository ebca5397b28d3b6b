import type { CertificateStatus, Reason } from '../../api/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import { spread } from './spread.ts';

const minuteMs = 60_000;
const waitsMs = [1, 10, 100, 1440].map((minutes) => minutes * minuteMs);
const jitter = 0.1;
/** A failure that lies further ahead than this was noted by a clock that was wrong. */
const clockSkewMs = 3_600_000;
/** What goes on only once a person has done something. */
export const untilSomebodyActs: ReadonlySet<Reason> = new Set(['KeyRefused', 'Paused', 'UserActionRequired']);

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

/** What is known of a failure when the next attempt is set. */
interface Failed {
  /** Of the Certificate: its jitter differs from that of others. */
  readonly of: string;
  /** How many failures in a row this is the last of. */
  readonly count: number;
  /** How long the CA asked to be left alone; src/acme believes a week at most. */
  readonly retryAfterMs: number | undefined;
  readonly reason: Reason | undefined;
}

/**
 * When to try again after the `count`-th failure in a row: 1 minute, 10 minutes, 100 minutes, then daily for ever, each
 * within 10 % (Let's Encrypt's integration guide), never before what the CA asked for.
 *
 * - Where the CA said when its limit ends, that time is kept exactly, a minute at most after it; from the second time on with
 *   the step of the failure before as the least, since a CA may refuse again at the time that it named.
 * - What a person has to do, at the CA or by an edit, is looked for once a day.
 */
export function nextAttempt(failed: Failed, now: Date): Date {
  const at = now.getTime() + waitMs(failed);
  return new Date(Math.ceil(at / 1000) * 1000); // a status holds whole seconds; never earlier than asked
}

function waitMs({ of, count, retryAfterMs, reason }: Failed): number {
  const chance = spread(`${of}/${count}`);
  const asked = retryAfterMs ?? 0;
  const step = (failures: number): number => stepMs(failures) * (1 + jitter * chance);
  if (reason !== undefined && untilSomebodyActs.has(reason)) return Math.max(asked, step(waitsMs.length));
  if (reason !== 'RateLimited' || retryAfterMs === undefined) return Math.max(asked, step(count));
  // One of many Certificates: all at once they would meet the next limit.
  const exact = asked + (Math.min(asked, minuteMs) * (1 + chance)) / 2;
  return Math.max(exact, step(count - 1));
}

function stepMs(failures: number): number {
  return waitsMs[Math.min(Math.max(failures, 1), waitsMs.length) - 1] ?? minuteMs;
}
