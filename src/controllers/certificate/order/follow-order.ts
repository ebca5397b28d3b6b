import { leftOut } from '../names.ts';
import type { Observed, OrderSeen, Reach, Refusal } from '../observed.ts';
import { after, earlier, expiry, fail, type Plan, settle } from '../plan-step.ts';
import { wordsOn } from '../reach/reach.ts';
import { statusOf } from '../status.ts';
import type { Blocker, Due } from '../verdict.ts';
import { eachProblem } from './each-name.ts';
import { waitedFor } from './patience.ts';

type ShownOrder = Extract<OrderSeen, { unanswered: unknown }>;

/** And a name alone so long before the others are ordered without it, where that is allowed. */
const nameGraceMs = 300_000;
/** Responders are given this long to present a token before it is worth a write. */
const presentGraceMs = 30_000;

/** What to do next about the order that the status records, from what the CA last told of it. Pure. */
export function followOrder(
  seen: Observed,
  now: Date,
  order: Exclude<OrderSeen, { state: 'foreign' }>,
  cause: Due,
): Plan {
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
      return fail(seen, now, { reason: 'OrderFailed', message: orderSentence(order) }, order.refused);
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
  const message = `The responders do not present the challenges yet: ${wordsOn(presented)}. The CA has not been told.`;
  const blocker: Blocker = { reason: 'NotPresented', message };
  return withoutNames(seen, now, blocker, presented) ?? settle(seen, now, { blocker }, presented.retryAt);
}

/**
 * Gives the order up for the names whose challenges alone are not presented, where the next order does without all of them.
 * The names have a back-off of their own, so they cost an order each time that they are tried, as those that the CA refuses.
 */
function withoutNames(seen: Observed, now: Date, blocker: Blocker, { hosts, problems }: Reach): Plan | undefined {
  const isOver = hosts.every(
    ({ state, since }) => state === 'reached' || (state === 'failed' && now >= after(since, nameGraceMs)),
  );
  if (seen.certificate.spec.partialIssuance !== true || !isOver) return undefined;
  const failed = new Map(problems.map(({ host, problem }) => [host, problem]));
  const refused = [...failed].map(([name, problem]): Refusal => ({ name, reason: 'NotPresented', problem }));
  const given = fail(seen, now, blocker, refused);
  const out = new Set(leftOut({ ...seen, status: given.status }, now).map(({ name }) => name));
  return refused.every(({ name }) => out.has(name)) ? given : undefined;
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

function orderSentence(order: ShownOrder): string {
  if (order.refused.length > 0) return `The CA refused: ${eachProblem(order.refused)}`;
  return `The CA refused the order: ${order.error === undefined ? 'it gives no reason' : `${order.error.detail} (${order.error.type})`}`;
}
