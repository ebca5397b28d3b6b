/** Which names an order is for where `partialIssuance` allows it to be for some of them, and what is wrong with the others. */
import { type CertificateStatus, timestamp } from '../../api/index.ts';
import { neverMs } from '../../runtime/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import { nextAttempt } from './back-off.ts';
import type { HostReach, Observed, Refusal } from './observed.ts';
import { emergencyOf } from './renewal/renewal-time.ts';

/** So long does a name fail to lead to us before a certificate is issued without it. */
const patienceMs = 60_000;
/** A certificate is used for so long before another is ordered for names that have come to work. */
const settleMs = 600_000;
const unasked = { state: 'unknown', problem: '', retryAt: new Date(neverMs) } as const;

/** What is known to be wrong with one name. */
export type NameProblem = NonNullable<CertificateStatus['problems']>[number];

/** What is looked at to know which names are ordered. */
export type NamesSeen = Pick<Observed, 'certificate' | 'secret' | 'reach' | 'routedAt'> & {
  /** What the status is about to say; what it says unless told. */
  readonly status?: CertificateStatus;
};

/**
 * What is wrong with each name, after an attempt that these failed in. What the CA refused stays until a certificate has the
 * name; what does not lead to us, as long as it does not, and with `partialIssuance` until a certificate has it.
 */
export function problemsOf(seen: NamesSeen, now: Date, refused: readonly Refusal[] = []): NameProblem[] {
  const { certificate, reach } = seen;
  // Told together with the condition Reachable, once all names have answered.
  const hosts = new Map(reach.state === 'unknown' ? [] : reach.hosts.map((host) => [host.host, host]));
  const recorded = new Map(standingProblems(seen, now).map((one) => [one.name, one]));
  const refusals = new Map(refused.map((one) => [one.name, one]));
  return certificate.names.flatMap((name): readonly NameProblem[] => {
    const earlier = recorded.get(name);
    const refusal = refusals.get(name);
    if (refusal !== undefined) return [refusedAgain(seen, now, { ...refusal, earlier })];
    const host = hosts.get(name) ?? { ...unasked, host: name, since: now };
    const found = isRefused(earlier) ? earlier : unreached(seen, now, host, earlier);
    return found === undefined ? [] : [found];
  });
}

/** The names that an order made now is to leave out; never all of them. */
export function leftOut(seen: NamesSeen, now: Date): readonly NameProblem[] {
  const { certificate, reach } = seen;
  if (certificate.spec.partialIssuance !== true) return [];
  const failed = new Set(reach.problems.map(({ host }) => host));
  const { order } = statusIn(seen);
  // An order that is under way is gone on with: one that is dropped whenever a name comes and goes would be followed by another.
  const ordered = new Set(
    order === undefined || order.state === 'invalid' ? [] : order.identifiers.map((one) => one.value),
  );
  const kept = now.getTime() < emergencyMs(seen) ? heldNames(seen) : new Set<string>();
  const mustWait = (one: NameProblem): boolean => failed.has(one.name) || !hasItsTimeCome(seen, now, one);
  const out = problemsOf(seen, now).filter((one) => !ordered.has(one.name) && !kept.has(one.name) && mustWait(one));
  return out.length === certificate.names.length ? [] : out;
}

/** Whether the next order does without a name that the last attempt failed in: that is another order. */
export function goesOnWithout(seen: NamesSeen, now: Date): boolean {
  const failedAt = statusIn(seen).failure?.lastTime;
  return failedAt !== undefined && leftOut(seen, now).some(({ lastTime }) => lastTime === failedAt);
}

/** The names that an order made now is for. */
export function orderedNames(seen: NamesSeen, now: Date): readonly string[] {
  const without = new Set(leftOut(seen, now).map(({ name }) => name));
  return seen.certificate.names.filter((name) => !without.has(name));
}

/** The names that a certificate may be without and be what the spec asks for all the same: those that the status tells of. */
export function dispensable({ spec, status, generation }: CertificateRow): ReadonlySet<string> {
  const isTold = spec.partialIssuance === true && status.observedGeneration === generation;
  return new Set(isTold ? status.problems?.map(({ name }) => name) : []);
}

/** When other names are to be ordered than now, where no probe would tell of it; far away where all are. */
export function namesLookedAtAgain(seen: NamesSeen, now: Date): Date {
  if (dispensable(seen.certificate).size === 0) return new Date(neverMs);
  const { issuedAt } = seen.secret.kind === 'ours' ? seen.secret : {};
  const times = [
    emergencyMs(seen),
    (issuedAt?.getTime() ?? 0) + settleMs,
    ...leftOut(seen, now).map(({ nextAttemptTime }) => new Date(nextAttemptTime ?? 0).getTime()),
  ];
  return new Date(Math.min(neverMs, ...times.filter((time) => time > now.getTime())));
}

/**
 * The recorded problems, as far as they count: an edit of the spec, or a renewal asked for since, has names tried at once. Until
 * that has come to something, the certificate in use is without the name, and as good as before.
 */
function standingProblems(seen: NamesSeen, now: Date): readonly NameProblem[] {
  const { certificate, secret } = seen;
  const { generation, renewRequestedAt: asked } = certificate;
  const status = statusIn(seen);
  if (status.observedGeneration !== generation) return [];
  const { issuedAt, issued } = secret.kind === 'ours' ? secret : {};
  return (status.problems ?? []).flatMap((one) => {
    const { name, lastTime } = one;
    if (lastTime === undefined) return [one];
    const since = new Date(lastTime);
    const isHeld = issued?.names.includes(name) === true;
    if (isHeld && issuedAt !== undefined && issuedAt > since) return [];
    if (asked === undefined || asked > now || asked <= since) return [one];
    return certificate.spec.partialIssuance !== true || issued === undefined || isHeld ? [] : [pending(name)];
  });
}

function pending(name: string): NameProblem {
  return { name, reason: 'Pending', problem: 'it can be tried again and is ordered next' };
}

function statusIn({ status, certificate }: NamesSeen): CertificateStatus {
  return status ?? certificate.status;
}

function isRefused(one: NameProblem | undefined): boolean {
  return one?.count !== undefined;
}

/** Names have a back-off of their own, a step slower than that of the whole: the next order is to do without them. */
function refusedAgain(
  { certificate }: NamesSeen,
  now: Date,
  { name, reason: why, problem, earlier }: Refusal & { readonly earlier: NameProblem | undefined },
): NameProblem {
  const reason = why ?? 'OrderFailed';
  const count = (earlier?.count ?? 0) + 1;
  const next = nextAttempt({ of: certificate.uid, count: count + 1, retryAfterMs: undefined, reason }, now);
  return {
    name,
    reason,
    problem,
    count,
    lastTime: timestamp(now),
    ...(certificate.spec.partialIssuance === true ? { nextAttemptTime: timestamp(next) } : {}),
  };
}

function unreached(
  seen: NamesSeen,
  now: Date,
  { host: name, state, problem, since }: HostReach,
  earlier: NameProblem | undefined,
): NameProblem | undefined {
  const { certificate, routedAt } = seen;
  const isPartial = certificate.spec.partialIssuance === true;
  const isHeld = heldNames(seen).has(name);
  switch (state) {
    case 'failed': {
      const failingMs = now.getTime() - Math.max(since.getTime(), (routedAt ?? certificate.createdAt).getTime());
      const isTold = !isPartial || earlier !== undefined || failingMs >= patienceMs;
      return isTold ? { name, reason: 'NotReachable', problem } : undefined;
    }
    case 'unknown':
      return earlier?.reason === 'Pending' && isHeld ? undefined : earlier;
    case 'reached':
      if (!isPartial || earlier === undefined || isHeld) return undefined;
      return pending(name);
  }
}

/** Whether a name that nothing is known against any more is to be ordered again. */
function hasItsTimeCome(
  { certificate, secret }: NamesSeen,
  now: Date,
  { reason, count, nextAttemptTime }: NameProblem,
): boolean {
  if (count !== undefined) return nextAttemptTime === undefined || new Date(nextAttemptTime) <= now;
  if (reason !== 'Pending') return false;
  const issuedAt = secret.kind === 'ours' ? secret.issuedAt : undefined;
  if (issuedAt === undefined || now.getTime() >= issuedAt.getTime() + settleMs) return true;
  const asked = certificate.renewRequestedAt;
  return asked !== undefined && asked <= now && asked > issuedAt;
}

function heldNames({ secret }: NamesSeen): ReadonlySet<string> {
  return new Set(secret.kind === 'ours' ? secret.issued?.names : []);
}

/** From when on the certificate in use is about to expire; long ago where there is none. */
function emergencyMs({ secret }: NamesSeen): number {
  const issued = secret.kind === 'ours' ? secret.issued : undefined;
  return issued === undefined ? 0 : emergencyOf(issued);
}
