import { annotations, type CertificateStatus, type Reason, timestamp } from '../../api/index.ts';
import { standingFailure } from './back-off.ts';
import { isCompromised } from './compromised.ts';
import { type Mending, mend, refusedSecret } from './mend.ts';
import type { Intent, Observed, OrderSeen, Reach } from './observed.ts';
import { waitedFor } from './patience.ts';
import { assess, type Need } from './policies.ts';
import { isLost } from './restore.ts';
import { nextRevision, reachedRevision } from './revisions.ts';
import { revocationNeed } from './revocation.ts';
import { type OwnStatus, ownStatusOf, sameStatus, statusOf } from './status.ts';
import { type VerbStep, verbDueAt, verbStep } from './verb-steps.ts';
import { type Blocker, blockerOf, type Due, type Held, type Verdict } from './verdict.ts';

/** A new route is given this long before an unreachable name is worth a write. */
const routeGraceMs = 10_000;
/** Responders are given this long to present a token before it is worth a write. */
const presentGraceMs = 30_000;
/** How often something is looked at again that no watch would tell of. */
const lookAgainMs = 60_000;

/** The one thing to do next. A pass never does two. */
export type Plan =
  /** Nothing before `until`, unless something changes. */
  | { readonly step: 'rest'; readonly until: Date }
  | { readonly step: 'recordStatus'; readonly status: OwnStatus }
  | Mending
  | VerbStep
  | { readonly step: 'storeIntent'; readonly intent: Omit<Intent, 'replaces'> }
  | { readonly step: 'placeOrder'; readonly intent: Intent; readonly cause: Due }
  | { readonly step: 'answer'; readonly challenges: readonly string[] }
  | { readonly step: 'finalize' }
  | { readonly step: 'storeCertificate'; readonly cause: Due };

type Failure = NonNullable<CertificateStatus['failure']>;

/** An order as the CA shows it. */
type ShownOrder = Extract<OrderSeen, { unanswered: unknown }>;

/** What every pass looks at. */
type Basics = Pick<
  Observed,
  'certificate' | 'rival' | 'secret' | 'archive' | 'suggested' | 'repairsHeldUntil' | 'unrevoked'
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
  if (!need.due) {
    const times = [seen.reach.retryAt, mending?.until, verbDueAt(seen, now)].filter((time) => time !== undefined);
    const verdict = mending === undefined ? restingVerdict(seen, now, need) : { blocker: mending.blocker };
    return settle(seen, now, { order: 'drop', ...verdict }, times.reduce(earlier, need.until));
  }
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
function refusalOf({ certificate, rival, secret }: Basics): Blocker | undefined {
  if (rival !== undefined) {
    const message = `The Certificate ${rival} is older and names the Secret ${certificate.secretName} too. Give one of the two another spec.secretName.`;
    return { reason: 'SecretClaimed', message, stalled: true };
  }
  if (secret.kind === 'foreign') return { reason: secret.reason, message: secret.why, stalled: true };
  return undefined;
}

function waitingForIssuer({ certificate, issuer }: Observed): Blocker | undefined {
  if (issuer.state === 'missing') {
    const message = `There is no ${certificate.issuerKey.replace('/', ' ')}. Apply it, or correct spec.issuerRef.`;
    return { reason: 'IssuerNotFound', message, stalled: true };
  }
  if (issuer.state === 'notReady') {
    const message = `The ${certificate.issuerKey.replace('/', ' ')} is not ready: ${issuer.message}`;
    return { reason: 'IssuerNotReady', message };
  }
  return undefined;
}

/** The back-off after a failure, as long as that counts. */
function heldBack({ certificate }: Basics, now: Date): Held | undefined {
  const failure = standingFailure(certificate, now);
  if (failure === undefined) return undefined;
  const until = new Date(failure.nextAttemptTime);
  if (until <= now) return undefined;
  return { blocker: failed(failure), until };
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
  const unreached = notReached(seen, now);
  const held = unreached ?? heldByBudget(seen, now);
  if (held !== undefined) return held;
  if (intent !== undefined) return { step: 'placeOrder', intent, cause };

  return { step: 'storeIntent', intent: { revision: nextRevision(seen), specHash } };
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
  return reachedRevision({ certificate, secret }) >= intent.revision ? undefined : intent;
}

/** What to do while names do not lead to us; undefined once they all do. No order is placed before. */
function notReached(seen: Observed, now: Date): Plan | undefined {
  const { reach, routedAt, certificate } = seen;
  if (reach.state === 'reached') return undefined;
  const since = Math.max(
    (routedAt ?? certificate.createdAt).getTime(),
    certificate.status.fingerprint === undefined ? 0 : reach.since.getTime(),
  );
  const graceEnds = after(new Date(since), routeGraceMs);
  if (reach.state === 'unknown' || now < graceEnds)
    return { step: 'rest', until: earlier(reach.retryAt, expiry(seen, now)) };
  return settle(seen, now, { blocker: { reason: 'NotReachable', message: reachSentence(reach) } }, reach.retryAt);
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

function followOrder(seen: Observed, now: Date, order: Exclude<OrderSeen, { state: 'foreign' }>, cause: Due): Plan {
  const expired = expiredOrder(seen, now, order);
  if (expired !== undefined) return fail(seen, now, expired);
  switch (order.state) {
    case 'unavailable':
      return unavailable(seen, now, order);
    case 'gone':
      return fail(seen, now, { reason: 'OrderFailed', message: `The CA no longer knows the order: ${order.why}` });
    case 'changed':
      return fail(seen, now, { reason: 'OrderFailed', message: order.why });
    case 'invalid':
      return fail(seen, now, { reason: 'OrderFailed', message: orderSentence(order) });
    case 'valid':
      return { step: 'storeCertificate', cause };
    case 'ready':
      return { step: 'finalize' };
    case 'processing':
      return waitForCA(seen, now, order);
    case 'pending':
      return order.unanswered.length === 0 ? waitForCA(seen, now, order) : present(seen, now, order);
  }
}

function waitForCA(seen: Observed, now: Date, order: ShownOrder): Plan {
  const waited = waitedFor(seen.certificate, order, now);
  if ('until' in waited) return { step: 'rest', until: waited.until };
  if (waited.isOver) return fail(seen, now, waited.blocker);
  return { step: 'recordStatus', status: statusOf(seen, now, { blocker: waited.blocker, failure: waited }) };
}

/** An order that the CA has forgotten to end: it can no longer be validated nor finalized (RFC 8555, 7.1.3). */
function expiredOrder({ certificate }: Observed, now: Date, { state }: OrderSeen): Blocker | undefined {
  const expires = certificate.status.order?.expires;
  const isOpen = state === 'pending' || state === 'ready';
  if (!isOpen || expires === undefined || !(new Date(expires) <= now)) return undefined;
  return { reason: 'OrderFailed', message: `The order expired at ${expires} before the CA had validated every name` };
}

/** Tells the CA only once every responder, and the route, give the key authorizations (RFC 8555, 8.2). */
function present(seen: Observed, now: Date, order: ShownOrder): Plan {
  const { presented } = order;
  if (presented.state === 'reached') return { step: 'answer', challenges: order.unanswered.map(({ url }) => url) };
  if (presented.state === 'unknown' || now < after(presented.since, presentGraceMs)) {
    return { step: 'rest', until: earlier(presented.retryAt, expiry(seen, now)) };
  }
  const message = `The responders do not present the challenges yet: ${problemsOf(presented)}. The CA has not been told.`;
  return settle(seen, now, { blocker: { reason: 'NotPresented', message } }, presented.retryAt);
}

/** What a failed attempt leaves: its problem, when the next one is, and no live order. */
function fail(seen: Observed, now: Date, blocker: Blocker): Plan {
  const status = statusOf(seen, now, { blocker, failure: { retryAfterMs: undefined }, order: 'failed' });
  return { step: 'recordStatus', status };
}

/** The CA does not answer: the order stays, and is gone on with later. */
function unavailable(
  seen: Observed,
  now: Date,
  { why, retryAfterMs }: Extract<OrderSeen, { state: 'unavailable' }>,
): Plan {
  const blocker: Blocker = { reason: 'CAUnavailable', message: `The CA cannot be asked for the order: ${why}` };
  return { step: 'recordStatus', status: statusOf(seen, now, { blocker, failure: { retryAfterMs } }) };
}

/** Records what is, if the status does not say so already; else rests until `until`. */
function settle(seen: Observed, now: Date, verdict: Verdict, until: Date): Plan {
  const status = statusOf(seen, now, verdict);
  if (sameStatus(status, ownStatusOf(seen.certificate.status))) return { step: 'rest', until };
  return { step: 'recordStatus', status };
}

function reachSentence(reach: Reach): string {
  return `${problemsOf(reach)}. No order is placed until every name leads to the responder; it is tried again every minute.`;
}

function orderSentence(order: ShownOrder): string {
  if (order.problems.length > 0) {
    return `The CA refused: ${order.problems.map(({ host, problem }) => `${host}: ${problem.detail} (${problem.type})`).join('; ')}`;
  }
  return `The CA refused the order: ${order.error === undefined ? 'it gives no reason' : `${order.error.detail} (${order.error.type})`}`;
}

function problemsOf(reach: Reach): string {
  return reach.problems.map(({ problem }) => problem).join('; ');
}

/** When the certificate in use expires, since Ready changes then; far away where there is none or it has expired. */
function expiry({ secret }: Observed, now: Date): Date {
  const notAfter = secret.kind === 'ours' ? secret.issued?.notAfter : undefined;
  return notAfter !== undefined && notAfter > now ? notAfter : after(now, 3_600_000);
}

function after(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}
