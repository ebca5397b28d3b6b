import type { RenewalInfo } from '../../../acme/index.ts';
import { type CertificateStatus, timeOf, timestamp } from '../../../api/index.ts';
import type { Issued, Observed, Suggested } from '../observed.ts';

const dayMs = 86_400_000;
/** Nobody issues for longer; a date that far off could not even be written down. */
const furthestMs = 10 * 366 * dayMs;
const longestURL = 1_024;

/**
 * The certificate that the CA is asked about: one that clients can use, that nobody has replaced, and that is renewed by
 * itself (RFC 9773, 4.3).
 */
export function askedAbout(
  { certificate, rival, secret }: Pick<Observed, 'certificate' | 'rival' | 'secret'>,
  now: Date,
): Issued | undefined {
  const issued = secret.kind === 'ours' ? secret.issued : undefined;
  const isRenewed = rival === undefined && certificate.spec.renewal?.policy !== 'Disabled';
  return isRenewed && issued !== undefined && issued.notAfter > now ? issued : undefined;
}

/** What the CA says of a renewal, as it is remembered; undefined where it makes no sense. */
export function suggestionOf({ start, end, explanationURL }: RenewalInfo, now: Date): Suggested | undefined {
  const from = Math.floor(start.getTime() / 1000) * 1000;
  const to = Math.max(Math.floor(end.getTime() / 1000) * 1000, from + 1000);
  if (from < now.getTime() - furthestMs || to > now.getTime() + furthestMs) return undefined;
  const isShown = explanationURL !== undefined && explanationURL.length <= longestURL;
  return {
    start: new Date(from),
    end: new Date(to),
    immediate: to <= now.getTime(),
    ...(isShown ? { explanationURL } : {}),
  };
}

/**
 * Whether a CA that said `before` says nothing new by `now`. One that asks for a renewal at once says so of another window in
 * the past each time, as Let's Encrypt does.
 */
export function saysTheSame(before: Suggested | undefined, now: Suggested): boolean {
  if (before === undefined || before.explanationURL !== now.explanationURL) return false;
  if (before.immediate && now.immediate) return true;
  return before.start.getTime() === now.start.getTime() && before.end.getTime() === now.end.getTime();
}

/** What a status remembers of the certificate with this fingerprint. */
export function recordedSuggestion({ renewal, fingerprint }: CertificateStatus, held: string): Suggested | undefined {
  const start = timeOf(renewal?.window?.start);
  const end = timeOf(renewal?.window?.end);
  if (fingerprint !== held || start === undefined || end === undefined || end <= start) return undefined;
  const { immediate = false, explanationURL } = renewal ?? {};
  return { start, end, immediate, ...(explanationURL === undefined ? {} : { explanationURL }) };
}

/** How a status remembers it. */
export function suggestionRecord(suggested: Suggested): NonNullable<CertificateStatus['renewal']> {
  const { start, end, immediate, explanationURL } = suggested;
  return {
    window: { start: timestamp(start), end: timestamp(end) },
    ...(immediate ? { immediate } : {}),
    ...(explanationURL === undefined ? {} : { explanationURL }),
  };
}
