import { type CertificateStatus, timestamp } from '../../api/index.ts';
import { printable } from '../../runtime/index.ts';
import { nextAttempt, standingFailure, untilSomebodyActs } from './back-off.ts';
import { conditionsOf } from './conditions.ts';
import { wasRevoked } from './memory.ts';
import { goesOnWithout, problemsOf } from './names.ts';
import type { ArchivedVersion, ArchiveSeen, Issued, Observed, OrderRecord, Refusal, Suggested } from './observed.ts';
import { failedAttempts } from './order/patience.ts';
import { renewalSeen } from './policies.ts';
import type { Renewal } from './renewal/renewal-time.ts';
import { suggestionRecord } from './renewal/suggestions.ts';
import { issuedOf } from './secret/archive.ts';
import type { Verdict } from './verdict.ts';

const longestMessage = 2_000;

/** The part of the status that this controller owns: all but `reload` and the condition `Reloaded`. */
export type OwnStatus = Omit<CertificateStatus, 'reload'>;

/** Composes the whole of our part of the status. Pure; times of transitions are kept where nothing changed. */
export function statusOf(seen: Observed, now: Date, found: Verdict): OwnStatus {
  const { certificate, secret } = seen;
  const verdict = presentable(found);
  const previous = certificate.status;
  const issued = secret.kind === 'ours' ? secret.issued : undefined;
  const revision = Math.max(secret.kind === 'ours' ? secret.revision : 0, previous.revision ?? 0);
  const order = orderAfter(seen, verdict);
  const failure = failureAfter(seen, now, verdict);
  const problems = problemsOf(seen, now, refusedIn(verdict));
  const told = {
    observedGeneration: certificate.generation,
    ...(issued === undefined ? {} : timesOf(issued, renewalSeen(seen, now), seen.suggested)),
    ...(revision === 0 ? {} : { revision }),
    ...issuanceOf(seen),
    ...(order === undefined ? {} : { order }),
    ...(failure === undefined ? {} : { failure }),
    ...(problems.length === 0 ? {} : { problems }),
    ...historyAfter(seen),
  };
  const isOther = goesOnWithout({ ...seen, status: told }, now);
  return { ...told, conditions: conditionsOf(seen, now, isOther ? forNobody(verdict) : verdict) };
}

/** Of the certificate in the Secret; where that is lost, what was known, since it may come back. */
function issuanceOf({
  certificate,
  secret,
}: Observed): Pick<OwnStatus, 'issuanceTime' | 'certificateURL' | 'secretName'> {
  const { issuanceTime, certificateURL, secretName } =
    secret.kind === 'ours' && secret.issued !== undefined
      ? {
          issuanceTime: secret.issuedAt?.toISOString(),
          certificateURL: secret.certificateURL,
          secretName: certificate.secretName,
        }
      : certificate.status;
  return {
    ...(secretName === undefined ? {} : { secretName }),
    ...(issuanceTime === undefined ? {} : { issuanceTime }),
    ...(certificateURL === undefined ? {} : { certificateURL }),
  };
}

/** A CA's words, and names by the hundred, are cut to what somebody reads; no control character gets to a terminal. */
function presentable(verdict: Verdict): Verdict {
  const { blocker, failure } = verdict;
  if (blocker === undefined) return verdict;
  const said = printable(blocker.message, longestMessage);
  // Where somebody has to act, the message says already when it goes on.
  const isTriedAgain = typeof failure === 'object' && !untilSomebodyActs.has(blocker.reason);
  const message = isTriedAgain
    ? `${said.replace(/\.$/, '')}. It is tried again at status.failure.nextAttemptTime`
    : said;
  return { ...verdict, blocker: { ...blocker, message } };
}

/** Names that a person has to see to hold nobody up where the next order, a minute later, does without them. */
function forNobody(verdict: Verdict): Verdict {
  const { blocker } = verdict;
  if (blocker === undefined || !untilSomebodyActs.has(blocker.reason)) return verdict;
  return { ...verdict, blocker: { ...blocker, stalled: false } };
}

/** What the archive keeps; as it was, where it was not read. */
function historyAfter({ certificate, archive }: Observed): Pick<OwnStatus, 'history'> {
  const history = archive === undefined ? certificate.status.history : archive.history.flatMap(recordOf(archive));
  return history === undefined || history.length === 0 ? {} : { history };
}

function recordOf({ memory }: ArchiveSeen): (version: ArchivedVersion) => NonNullable<OwnStatus['history']> {
  return (version) => {
    const issued = issuedOf(version);
    if (issued === undefined) return [];
    const { fingerprint, serialNumber, notBefore, notAfter } = issued;
    return [
      {
        revision: version.revision,
        fingerprint,
        serialNumber,
        notBefore: timestamp(notBefore),
        notAfter: timestamp(notAfter),
        ...(wasRevoked(memory, fingerprint) ? { revoked: true } : {}),
      },
    ];
  };
}

/** Whether one more attempt has failed from one status to the next. */
export function hasFailedAgain(before: Pick<OwnStatus, 'failure'>, after: Pick<OwnStatus, 'failure'>): boolean {
  return (after.failure?.count ?? 0) > (before.failure?.count ?? 0);
}

/** Our part of a status read from the API server. */
export function ownStatusOf(status: CertificateStatus): OwnStatus {
  const { reload: _, conditions = [], ...own } = status;
  return { ...own, conditions: conditions.filter(({ type }) => type !== 'Reloaded') };
}

/** Whether two statuses say the same, in whatever order their fields and conditions stand. */
export function sameStatus(a: OwnStatus, b: OwnStatus): boolean {
  return canonical(a) === canonical(b);
}

function canonical(status: OwnStatus): string {
  const conditions = (status.conditions ?? []).toSorted((a, b) => (a.type < b.type ? -1 : 1));
  return JSON.stringify({ ...status, conditions }, (_, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function timesOf(issued: Issued, renewal: Renewal | undefined, suggested: Suggested | undefined): OwnStatus {
  return {
    notBefore: timestamp(issued.notBefore),
    notAfter: timestamp(issued.notAfter),
    ...(renewal === undefined ? {} : { renewalTime: timestamp(renewal.at) }),
    ...(renewal === undefined || suggested === undefined ? {} : { renewal: suggestionRecord(suggested) }),
    serialNumber: issued.serialNumber,
    fingerprint: issued.fingerprint,
  };
}

function refusedIn({ failure }: Verdict): readonly Refusal[] {
  return typeof failure === 'object' ? (failure.refused ?? []) : [];
}

function orderAfter({ certificate }: Observed, verdict: Verdict): OrderRecord | undefined {
  const recorded = certificate.status.order;
  if (verdict.order === undefined) {
    const outlives = typeof verdict.failure === 'object' && recorded !== undefined && recorded.state !== 'invalid';
    return outlives ? { ...recorded, failedAttempts: failedAttempts(certificate) + 1 } : recorded;
  }
  if (verdict.order === 'drop') return undefined;
  if (verdict.order !== 'failed') return verdict.order;
  if (recorded === undefined) return undefined;
  const problems = new Map(refusedIn(verdict).map(({ name, problem }) => [name, problem]));
  const identifiers = recorded.identifiers.map((identifier): OrderRecord['identifiers'][number] => {
    const problem = problems.get(identifier.value);
    return problem === undefined ? identifier : { ...identifier, state: 'invalid', problem };
  });
  return { ...recorded, state: 'invalid', identifiers };
}

function failureAfter(
  { certificate }: Observed,
  now: Date,
  { failure, blocker }: Verdict,
): CertificateStatus['failure'] {
  if (failure === 'clear') return undefined;
  const standing = standingFailure(certificate, now);
  if (failure === undefined) return standing;
  const count = (standing?.count ?? 0) + 1;
  const next = nextAttempt(
    { of: certificate.uid, count, retryAfterMs: failure.retryAfterMs, reason: blocker?.reason },
    now,
  );
  return {
    count,
    lastTime: timestamp(now),
    nextAttemptTime: timestamp(next),
    ...(blocker === undefined ? {} : { reason: blocker.reason, problem: blocker.message }),
  };
}
