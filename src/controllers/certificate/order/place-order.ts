import { isIP } from 'node:net';
import { AcmeError, type Authorization, type Identifier, type Order } from '../../../acme/index.ts';
import type { Reason } from '../../../api/index.ts';
import { type KubeClient, secrets } from '../../../kube/index.ts';
import { canonicalName } from '../../../pki/index.ts';
import { ConflictError, TransientError } from '../../../runtime/index.ts';
import type { Budgets } from '../budget/budgets.ts';
import { wantedOrder } from '../budget/wanted-order.ts';
import type { Intent, Observed, OrderRecord } from '../observed.ts';
import { usableIntent } from '../plan.ts';
import { archiveName, archiveSeen } from '../secret/archive.ts';
import { type Secret, specHashOf } from '../secret/secret.ts';
import { secretSeen } from '../secret/secret-seen.ts';
import { statusOf } from '../status.ts';
import type { Statuses } from '../statuses.ts';
import { asked, StepFailure } from '../step-failure.ts';
import type { Due } from '../verdict.ts';
import type { Account } from './accounts.ts';
import { checkedAuthorizations } from './order-checks.ts';
import { challengeOf, type Orders, tokenOf } from './orders.ts';

const attemptsToRecord = 5;
/** Where a CA fails it may have taken the order, and where it speaks of its limits it knows better than we what is left. */
const maybeCounted: ReadonlySet<Reason> = new Set(['CAUnavailable', 'RateLimited'] satisfies Reason[]);

interface Hands {
  readonly client: Pick<KubeClient, 'get'>;
  readonly clock: { now(): Date };
  readonly orders: Orders;
  readonly budgets: Pick<Budgets, 'spend' | 'refused'>;
  readonly statuses: Statuses;
}

interface Placing {
  readonly seen: Observed;
  readonly account: Account;
  readonly intent: Intent;
  readonly cause: Due;
}

/**
 * Places an order and records its URL at once (W2). The record makes the responders answer.
 *
 * Once it is recorded a crash resumes the order; a crash before leaves one order that nobody uses.
 *
 * @throws StepFailure where the CA refuses or does not answer.
 * @throws ConflictError where another order was recorded meanwhile: this one is dropped.
 */
export async function placeOrder(hands: Hands, placing: Placing, signal: AbortSignal): Promise<void> {
  const { seen, account, intent } = placing;
  const purpose = `${seen.certificate.uid}/${intent.revision}/${account.thumbprint}`;
  const left = hands.orders.takeUnrecorded(purpose);
  const isOpen = left !== undefined && left.url !== seen.certificate.status.order?.url;
  const order = isOpen ? left : await newOrder(hands, placing, signal);
  try {
    await takeUp(hands, placing, order, signal);
  } catch (error) {
    // The order is as good as before: only the CA or the API server was not there.
    if (error instanceof TransientError || (error instanceof StepFailure && error.orderLives)) {
      hands.orders.leftUnrecorded(purpose, order);
    }
    throw error;
  }
}

async function takeUp(hands: Hands, placing: Placing, order: Order, signal: AbortSignal): Promise<void> {
  const { account, intent } = placing;
  const authorizations = await checkedAuthorizations(account.client, order, signal);
  const record = recordOf({ order, authorizations, intent, thumbprint: account.thumbprint });
  await recordOrder(hands, placing, record, signal);
  hands.orders.placed(order, authorizations);
}

/** The budget is spent before the CA is asked: what becomes of an order that nobody hears of is not known. */
async function newOrder({ budgets, statuses }: Hands, placing: Placing, signal: AbortSignal): Promise<Order> {
  const wanted = wantedOrder(placing.seen, placing.account, placing.intent.names);
  await budgets.spend(wanted, signal);
  // Read last, since the ledger may have taken a while.
  await statuses.confirm(placing.seen.certificate, signal).catch((error: unknown) => {
    budgets.refused(wanted, signal);
    throw error;
  });
  const order = await asked('take an order', () => request(placing, signal)).catch((error: unknown) => {
    if (error instanceof StepFailure && !maybeCounted.has(error.reason)) budgets.refused(wanted, signal);
    throw error;
  });
  if (order.status === 'invalid') {
    const message = `The CA made an order that is invalid from the start: ${order.error?.detail ?? 'it gives no reason'}`;
    throw new StepFailure({ reason: 'OrderFailed', message });
  }
  checkIdentifiers(order, identifiersOf(placing.intent.names));
  return order;
}

/** A predecessor that the CA does not accept is left out: it only spares rate limits (RFC 9773, 5). */
async function request({ seen, account, intent }: Placing, signal: AbortSignal): Promise<Order> {
  const profile = seen.certificate.spec.profile ?? account.profile;
  const wanted = {
    identifiers: identifiersOf(intent.names),
    ...(profile === undefined ? {} : { profile }),
  };
  if (intent.replaces === undefined) return account.client.newOrder(wanted, signal);
  try {
    return await account.client.newOrder({ ...wanted, replaces: intent.replaces }, signal);
  } catch (error) {
    const aboutPredecessor = ['alreadyReplaced', 'malformed', 'serverInternal', 'unauthorized'];
    if (!(error instanceof AcmeError) || !aboutPredecessor.includes(error.problem.type)) throw error;
    return account.client.newOrder(wanted, signal);
  }
}

/** The names as RFC 8555 (7.1.3) and RFC 8738 write them. */
export function identifiersOf(names: readonly string[]): Identifier[] {
  return names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
}

function checkIdentifiers(order: Order, wanted: readonly Identifier[]): void {
  const names = (identifiers: readonly Identifier[]): string =>
    identifiers
      .map(({ type, value }) => `${type}:${value.toLowerCase()}`)
      .toSorted()
      .join(' ');
  if (names(order.identifiers) === names(wanted)) return;
  const message = `The CA made an order for other names: ${names(order.identifiers) || 'none'}`;
  throw new StepFailure({ reason: 'OrderFailed', message });
}

function recordOf(placed: {
  order: Order;
  authorizations: readonly Authorization[];
  intent: Intent;
  thumbprint: string;
}): OrderRecord {
  const { order, authorizations, intent, thumbprint } = placed;
  return {
    url: order.url,
    state: order.status,
    ...(order.expires === undefined ? {} : { expires: order.expires }),
    ...(order.replaces === undefined ? {} : { replaces: order.replaces }),
    revision: intent.revision,
    thumbprint,
    identifiers: authorizations.map((authorization) => {
      const token = provableToken(authorization);
      const { type, value } = authorization.identifier;
      return {
        type,
        value: canonicalName(value),
        state: authorization.status,
        ...(token === undefined ? {} : { token }),
      };
    }),
  };
}

function provableToken(authorization: Authorization): string | undefined {
  const { status, identifier, challenges } = authorization;
  if (status === 'pending' && challengeOf(authorization) === undefined) {
    const offered = challenges.map(({ type }) => type).join(', ') || 'none at all';
    const message = `The CA offers no http-01 challenge for ${identifier.value}, only ${offered}`;
    throw new StepFailure({ reason: 'OrderFailed', message });
  }
  return tokenOf(authorization);
}

/** On a conflict: read again; while no order is recorded and the intent is still ours, write again with the URL in hand. */
async function recordOrder(hands: Hands, placing: Placing, record: OrderRecord, signal: AbortSignal): Promise<void> {
  let seen = placing.seen;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const status = statusOf(seen, hands.clock.now(), { cause: placing.cause, order: record });
      await hands.statuses.write(seen.certificate, status, signal);
      return;
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === attemptsToRecord) throw error;
      seen = await readAgain(hands, placing, signal);
    }
  }
}

async function readAgain(hands: Hands, { seen, intent }: Placing, signal: AbortSignal): Promise<Observed> {
  const { uid } = seen.certificate;
  const live = await hands.statuses.live(seen.certificate, signal);
  const recorded = live?.status.order;
  if (
    live?.uid !== uid ||
    specHashOf(live) !== intent.specHash ||
    (recorded !== undefined && recorded.state !== 'invalid')
  ) {
    throw new ConflictError(`the Certificate ${seen.certificate.key} changed while its order was placed`);
  }
  const read = async (name: string): Promise<Secret | undefined> =>
    hands.client.get<Secret>(secrets, { namespace: live.namespace, name }, signal);
  const archive = archiveSeen(await read(archiveName(live)));
  const secret = secretSeen(live, await read(live.secretName));
  const again: Observed = { ...seen, certificate: live, archive, secret };
  if (usableIntent(again)?.revision !== intent.revision) {
    throw new ConflictError(`the intent of the Certificate ${live.key} was used while its order was placed`);
  }
  return again;
}
