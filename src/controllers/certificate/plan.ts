import { annotations, type CertificateStatus, type Reason, timestamp } from '../../api/index.ts';
import { standingFailure } from './back-off.ts';
import { dispensable, goesOnWithout, leftOut, namesLookedAtAgain, orderedNames } from './names.ts';
import type { Intent, Observed, Reach } from './observed.ts';
import { followOrder } from './order/follow-order.ts';
import { waitingForIssuer } from './order/issuer-seen.ts';
import { after, earlier, expiry, type Plan, settle } from './plan-step.ts';
import { assess, keptKey, type Need } from './policies.ts';
import { among, wordsOn } from './reach/reach.ts';
import { mend, refusedSecret } from './secret/mend.ts';
import { keystoresAsked } from './secret/outputs.ts';
import { isLost } from './secret/restore.ts';
import { nextRevision, reachedRevision } from './secret/revisions.ts';
import { isCompromised } from './verbs/compromised.ts';
import { revocationNeed } from './verbs/revocation.ts';
import { verbDueAt, verbStep } from './verbs/verb-steps.ts';
import { type Blocker, blockerOf, type Due, type Held, type Verdict } from './verdict.ts';

/** A new route is given this long before an unreachable name is worth a write. */
const routeGraceMs = 10_000;
/** Passwords of keystores, which no watch tells of, are read so often. */
const passwordsMs = 300_000;
/** How often something is looked at again that no watch would tell of. */
const lookAgainMs = 60_000;
/** After a failure an order for other names waits so long. */
const otherNamesMs = 60_000;

export type { Plan } from './plan-step.ts';

type Failure = NonNullable<CertificateStatus['failure']>;

/** What every pass looks at. */
type Basics = Pick<
  Observed,
  | 'certificate'
  | 'rival'
  | 'secret'
  | 'passwords'
  | 'archive'
  | 'suggested'
  | 'reach'
  | 'routedAt'
  | 'repairsHeldUntil'
  | 'unrevoked'
>;

/** Decides the next step for a Certificate. Pure: same observation, same instant, same plan. */
export function plan(seen: Observed, now: Date): Plan {
  const refusal = refusalOf(seen);
  if (refusal !== undefined) return settle(seen, now, { blocker: refusal }, after(now, lookAgainMs));

  const held = heldBack(seen, now);
  const verb = refusedSecret(held) === undefined ? verbStep(seen, now) : undefined;
  if (verb !== undefined) return verb;

  const need = needOf(seen, now);
  const mending = mend(seen, now, held);
  if (mending !== undefined && 'step' in mending) return mending;
  if (mending !== undefined && isLost(seen)) return settle(seen, now, { blocker: mending.blocker }, mending.until);
  if (!need.due) return idle(seen, now, need, mending);
  if (held !== undefined) return settle(seen, now, { blocker: held.blocker }, earlier(held.until, expiry(seen, now)));

  const waiting = waitingForIssuer(seen);
  if (waiting !== undefined) return settle(seen, now, { blocker: waiting }, expiry(seen, now));

  return issue(seen, now, need);
}

/** Whether an issuance is to go on now, as far as the Secret and the status tell; only then is anything more looked at. */
export function wantsIssuance(seen: Basics, now: Date): boolean {
  const isWanted = isLost(seen) || needOf(seen, now).due;
  const isFree = refusalOf(seen) === undefined && verbStep(seen, now) === undefined;
  return isWanted && isFree && heldBack(seen, now) === undefined;
}

function needOf(seen: Basics, now: Date): Need {
  return revocationNeed(seen) ?? assess(seen, now);
}

/** Records what is, and waits for what comes first. */
function idle(seen: Observed, now: Date, need: Exclude<Need, Due>, mending: Held | undefined): Plan {
  const { renewalInfo, reach } = seen;
  if (renewalInfo.awaited) return { step: 'rest', until: renewalInfo.nextAt };
  const others = [reach.retryAt, renewalInfo.nextAt, mending?.until, verbDueAt(seen, now), passwordsDueAt(seen, now)];
  const times = others.filter((time) => time !== undefined);
  const verdict = mending === undefined ? restingVerdict(seen, now, need) : { blocker: mending.blocker };
  return settle(seen, now, { order: 'drop', ...verdict }, times.reduce(earlier, need.until));
}

/** What there is to say where nothing is to be issued now. */
function restingVerdict(seen: Basics, now: Date, need: Exclude<Need, Due>): Verdict {
  if (need.over === true) {
    const { namespace, name } = seen.certificate;
    const message = `The certificate has expired, and spec.renewal.policy is Disabled. To renew it: kubectl annotate evcert -n ${namespace} ${name} ${annotations.renew}="$(date -u +%FT%TZ)" --overwrite.`;
    return { blocker: { reason: 'Expired', message, stalled: true }, failure: 'clear' };
  }
  // What failed in the last maintenance window is tried again in the next one, and still true until then.
  const failure = need.deferred === true ? standingFailure(seen.certificate, now) : undefined;
  return failure === undefined ? { failure: 'clear' } : { blocker: failed(failure) };
}

/** What never resolves by itself: the Secret belongs to something else. */
function refusalOf({ certificate, rival, secret, passwords }: Basics): Blocker | undefined {
  if (rival !== undefined) {
    const message = `The Certificate ${rival} is older and names the Secret ${certificate.secretName} too. Give one of the two another spec.secretName.`;
    return { reason: 'SecretClaimed', message, stalled: true };
  }
  const { problem } = passwords;
  if (problem !== undefined) return { reason: 'KeystorePasswordMissing', message: problem, stalled: true };
  if (secret.kind === 'foreign') return { reason: secret.reason, message: secret.why, stalled: true };
  return undefined;
}

function passwordsDueAt({ certificate }: Observed, now: Date): Date | undefined {
  return keystoresAsked(certificate.spec).length === 0 ? undefined : after(now, passwordsMs);
}

/** The back-off after a failure, as long as that counts. */
function heldBack(seen: Basics, now: Date): Held | undefined {
  const failure = standingFailure(seen.certificate, now);
  if (failure === undefined) return undefined;
  // The next order does without the names that this one failed in: it is another one.
  const at = new Date(failure.nextAttemptTime);
  const until = goesOnWithout(seen, now) ? earlier(at, after(new Date(failure.lastTime), otherNamesMs)) : at;
  if (until <= now) return undefined;
  return { blocker: failed(failure), until: earlier(until, namesLookedAtAgain(seen, now)) };
}

function failed({ reason = 'OrderFailed', problem = 'The last attempt failed.' }: Failure): Blocker {
  return blockerOf(reason as Reason, problem);
}

/** The stages of an issuance, from the most to the least advanced. */
function issue(seen: Observed, now: Date, cause: Due): Plan {
  const { certificate, order, specHash } = seen;
  const intent = usableIntent(seen);
  const recorded = certificate.status.order;
  if (order !== undefined && recorded !== undefined && recorded.state !== 'invalid') {
    return order.state !== 'foreign' && intent !== undefined && recorded.revision === intent.revision
      ? followOrder(seen, now, order, cause)
      : settle(seen, now, { cause, order: 'drop' }, now);
  }
  // Told before anything is done without them, so that a crash or another leader need not wait for them again.
  if (!areAllRecorded(leftOut(seen, now), certificate)) return settle(seen, now, { cause }, now);
  const names = orderedNames(seen, now);
  const waiting = notOrdered(seen, now) ?? notReached(seen, names, now) ?? heldByBudget(seen, now);
  if (waiting !== undefined) return waiting;
  if (intent !== undefined && isFor(intent, names)) return { step: 'placeOrder', intent, cause };

  return { step: 'storeIntent', intent: { revision: nextRevision(seen), specHash, names } };
}

function areAllRecorded(out: ReturnType<typeof leftOut>, certificate: Observed['certificate']): boolean {
  const known = dispensable(certificate);
  return out.every(({ name }) => known.has(name));
}

function isFor(intent: Intent, names: readonly string[]): boolean {
  return intent.names.length === names.length && names.every((name) => intent.names.includes(name));
}

/** The stored intent, where it is for this spec and its key is not spent: no Secret of ours has reached its revision. */
export function usableIntent({
  certificate,
  archive,
  secret,
  specHash,
}: Pick<Observed, 'certificate' | 'archive' | 'secret' | 'specHash'>): Intent | undefined {
  const intent = archive?.intent;
  if (intent === undefined || archive?.nextKeyPem === undefined || intent.specHash !== specHash) return undefined;
  if (isCompromised({ certificate, archive, secret }, archive.nextKeyPem)) return undefined;
  if (wasRefused(intent, certificate) && keptKey(certificate, secret) !== archive.nextKeyPem) return undefined;
  if (certificate.spec.partialIssuance !== true && !isFor(intent, certificate.names)) return undefined;
  return reachedRevision({ certificate, secret }) >= intent.revision ? undefined : intent;
}

/** Whether the CA took no request for a certificate with the key of this intent. */
function wasRefused({ revision }: Intent, { status: { failure, order } }: Observed['certificate']): boolean {
  return (
    failure?.reason === ('KeyRefused' satisfies Reason) && order?.state === 'invalid' && order.revision === revision
  );
}

/** What to do while the CA would take no order, or is not to be given one; undefined otherwise. */
function notOrdered(seen: Observed, now: Date): Plan | undefined {
  if (seen.issuer.state !== 'ready') return undefined;
  const { profileProblem: message, heldUntil } = seen.issuer;
  if (message !== undefined) {
    return settle(seen, now, { blocker: { reason: 'InvalidProfile', message, stalled: true } }, expiry(seen, now));
  }
  return heldUntil === undefined ? undefined : { step: 'rest', until: earlier(heldUntil, expiry(seen, now)) };
}

/** What to do while names that are to be ordered do not lead to us; undefined once they all do. No order is placed before. */
function notReached(seen: Observed, names: readonly string[], now: Date): Plan | undefined {
  const { routedAt, certificate } = seen;
  const reach = among(seen.reach, names, now);
  if (reach.state === 'reached') return undefined;
  const since = Math.max(
    (routedAt ?? certificate.createdAt).getTime(),
    certificate.status.fingerprint === undefined ? 0 : reach.since.getTime(),
  );
  const graceEnds = after(new Date(since), routeGraceMs);
  if (reach.state === 'unknown' || now < graceEnds)
    return { step: 'rest', until: earlier(reach.retryAt, expiry(seen, now)) };
  const message = reachSentence(reach, certificate);
  return settle(seen, now, { blocker: { reason: 'NotReachable', message } }, reach.retryAt);
}

/** What to do while the CA would refuse an order, or so many are placed that this one has its turn later. */
function heldByBudget(seen: Observed, now: Date): Plan | undefined {
  const { budget } = seen;
  if (budget === undefined || budget.state === 'allows') return undefined;
  if (budget.state === 'unknown') {
    const message = `No order is placed, because nobody knows what was spent of the CA's limits: ${budget.why}. It is tried again every minute.`;
    return settle(seen, now, { blocker: { reason: 'RateBudget', message } }, after(now, lookAgainMs));
  }
  const until = earlier(budget.until, expiry(seen, now));
  if (budget.state === 'paced') return { step: 'rest', until };
  const at = timestamp(after(budget.until, 999));
  const message = `The rate budget allows no order before ${at}: ${budget.why}. It is placed by itself then.`;
  return settle(seen, now, { blocker: blockerOf('RateBudget', message) }, until);
}

function reachSentence(reach: Reach, { spec }: Observed['certificate']): string {
  const until =
    spec.partialIssuance === true
      ? 'It is tried again every minute. After a minute a name is left out, unless it is the only one, or the certificate in use has it and is not about to expire'
      : 'No order is placed until every name leads to the responder; it is tried again every minute';
  return `${wordsOn(reach)}. ${until}.`;
}
