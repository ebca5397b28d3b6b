import { AcmeError, type Order } from '../../acme/index.ts';
import { canonicalName, createCsr, generateKey } from '../../pki/index.ts';
import { ConflictError, fewAtATime, type Result, requeueAfter, requeueAt } from '../../runtime/index.ts';
import { carryOutWithoutOrder, isWithoutOrder } from './act-without-order.ts';
import { wantedOrder } from './budget/wanted-order.ts';
import { archiveFullEvent, eventsOf } from './events.ts';
import type { Hands } from './hands.ts';
import type { Observation } from './observe.ts';
import type { Intent, Observed } from './observed.ts';
import { type Account, opened } from './order/accounts.ts';
import { type HeldOrder, mostRequests } from './order/orders.ts';
import { placeOrder } from './order/place-order.ts';
import { refusalsIn } from './order/refusals.ts';
import { storeCertificate } from './order/store-certificate.ts';
import type { Plan } from './plan.ts';
import { type Cause, keptKey, keySpecFor } from './policies.ts';
import { movedOn } from './secret/archive.ts';
import { isLost } from './secret/restore.ts';
import { storeArchive } from './secret/store-archive.ts';
import { hasFailedAgain, type OwnStatus, statusOf } from './status.ts';
import { isSame } from './statuses.ts';
import { asked, StepFailure } from './step-failure.ts';
import { isCompromised } from './verbs/compromised.ts';
import { blockerOf } from './verdict.ts';

/** So often is a failure written over what others wrote meanwhile. */
const attemptsToRecord = 5;

/** Carries out one step: at most one object is written. A CA's refusal is an outcome and is recorded. */
export async function act(hands: Hands, next: Plan, observation: Observation, signal: AbortSignal): Promise<Result> {
  try {
    return await carryOut(hands, next, observation, signal);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    return recordFailure(hands, observation.seen, error, signal);
  }
}

async function carryOut(
  hands: Hands,
  next: Plan,
  { seen, account }: Observation,
  signal: AbortSignal,
): Promise<Result> {
  if (isWithoutOrder(next)) {
    await carryOutWithoutOrder(hands, next, { seen, account }, signal);
    return requeueAfter(0);
  }
  switch (next.step) {
    case 'rest':
      return requeueAt(next.until, hands.clock.now());
    case 'recordStatus':
      await recordStatus(hands, seen, next.status, signal);
      countFailure(hands, { seen, account }, next.status, signal);
      return requeueAfter(0);
    case 'storeIntent':
      await storeIntent(hands, seen, { ...next.intent, ...(await predecessor(seen, account, signal)) }, signal);
      return requeueAfter(0);
    case 'placeOrder':
      await placeOrder(hands, { seen, account: opened(account), intent: next.intent, cause: next.cause }, signal);
      return requeueAfter(0);
    case 'answer':
      await answer(hands, { seen, account: opened(account), challenges: next.challenges }, signal);
      return requeueAfter(0);
    case 'finalize':
      await finalize(hands, { seen, account: opened(account) }, signal);
      return requeueAfter(0);
    case 'storeCertificate':
      await storeIssued(hands, { seen, account: opened(account), cause: next.cause.cause }, signal);
      return requeueAfter(0);
  }
}

async function storeIssued(
  hands: Hands,
  { seen, account, cause }: Omit<Answering, 'challenges'> & { readonly cause: Cause },
  signal: AbortSignal,
): Promise<void> {
  const held = heldOrder(hands, seen);
  await storeCertificate(hands, { seen, account, held, cause }, signal);
  if (isLost(seen)) hands.repairs.noted(seen.certificate);
  hands.budgets.issued(wantedOrder(seen, account, namesOf(held.order.identifiers)), signal);
}

/** W1: the key is stored before any network step that could make a certificate for it. */
async function storeIntent(hands: Hands, seen: Observed, intent: Intent, signal: AbortSignal): Promise<void> {
  const { certificate, secret } = seen;
  const kept = keptKey(certificate, secret);
  const isKept = kept !== undefined && !isCompromised(seen, kept);
  const keyPem = isKept ? kept : await generateKey(keySpecFor(certificate, secret));
  const { history, memory, crowdedOut } = movedOn(seen);
  await storeArchive(hands, seen, { next: { intent, keyPem }, history, memory }, signal);
  if (crowdedOut > 0) hands.events.publish(archiveFullEvent(certificate, history.length));
}

/** The certificate in use, where the CA knows of replacements (RFC 9773, 5). */
async function predecessor(
  { secret }: Observed,
  account: Account | undefined,
  signal: AbortSignal,
): Promise<Pick<Intent, 'replaces'>> {
  const certID = secret.kind === 'ours' ? secret.issued?.certID : undefined;
  if (certID === undefined) return {};
  const directory = await asked('show its directory', () => opened(account).client.directory(signal));
  return directory.renewalInfo ? { replaces: certID } : {};
}

interface Answering {
  readonly seen: Observed;
  readonly account: Account;
  readonly challenges: readonly string[];
}

async function answer(hands: Hands, { seen, account, challenges }: Answering, signal: AbortSignal): Promise<void> {
  const { order } = heldOrder(hands, seen);
  await hands.statuses.confirm(seen.certificate, signal);
  await asked('validate the names', () =>
    fewAtATime(challenges, mostRequests, (one) => account.client.answer(one, signal)),
  );
  hands.orders.answered(order.url);
}

/** Finalizes with the archived key only: two leaders would send the same request. */
async function finalize(
  hands: Hands,
  { seen, account }: Omit<Answering, 'challenges'>,
  signal: AbortSignal,
): Promise<void> {
  const { certificate, archive } = seen;
  const { intent, nextKeyPem: keyPem } = archive ?? {};
  if (intent === undefined || keyPem === undefined) throw new ConflictError('the archive has lost its key');
  await hands.statuses.confirm(certificate, signal);
  const { order } = heldOrder(hands, seen);
  const { commonName } = certificate.spec;
  const isCommonNameOrdered = commonName !== undefined && intent.names.includes(canonicalName(commonName));
  const csr = await createCsr({ names: intent.names, keyPem, ...(isCommonNameOrdered ? { commonName } : {}) });
  const finalized = await asked('finalize the order', () => finalizedOrder(account, order, csr, signal));
  if (finalized.status === 'pending' || finalized.status === 'ready') {
    // What it says may lag behind what it did: the same order is looked at again, later.
    const message = `The CA took the request for the certificate and left the order ${finalized.status}`;
    throw new StepFailure({ reason: 'CAUnavailable', message });
  }
  hands.orders.finalized(finalized);
}

/** An order that is no longer ready was finalized by somebody else, or by us unheard: it is gone on with (RFC 8555, 7.4). */
async function finalizedOrder({ client }: Account, order: Order, csr: Uint8Array, signal: AbortSignal): Promise<Order> {
  try {
    return await client.finalize(order, csr, signal);
  } catch (error) {
    if (!(error instanceof AcmeError) || error.problem.type !== 'orderNotReady') throw error;
    const read = await client.order(order.url, signal);
    if (read.status !== 'pending' && read.status !== 'ready') return read;
    // One of its servers is behind another: the order is as good as before.
    const message = `The CA does not finalize an order that it shows as ${read.status}: ${error.message}`;
    throw new StepFailure({ reason: 'CAUnavailable', message, cause: error });
  }
}

async function recordStatus(hands: Hands, seen: Observed, status: OwnStatus, signal: AbortSignal): Promise<void> {
  const { certificate } = seen;
  await hands.statuses.write(certificate, status, signal);
  const left = certificate.status.order?.url;
  const hasFailed = hasFailedAgain(certificate.status, status);
  // What is remembered may be what misled us, or what the CA wanted to be left alone for: the next attempt asks it afresh.
  if (left !== undefined && (hasFailed || status.order?.url !== left)) hands.orders.forget(left);
  for (const event of eventsOf(seen, status)) {
    hands.events.publish(event);
    hands.onOutcome(event.reason);
  }
}

/** What the CA counts of an order that it has ended: validations that failed, and no certificate. */
function countFailure(
  { budgets }: Hands,
  { seen, account }: Observation,
  { order }: OwnStatus,
  signal: AbortSignal,
): void {
  if (account === undefined || seen.order?.state !== 'invalid' || order?.state !== 'invalid') return;
  const failed = order.identifiers.filter(({ state }) => state === 'invalid');
  budgets.failed(wantedOrder(seen, account, namesOf(order.identifiers)), namesOf(failed), signal);
}

function namesOf(identifiers: readonly { readonly value: string }[]): string[] {
  return identifiers.map(({ value }) => value);
}

/** Also where others write to the status meanwhile: a CA that asks to be left alone is not asked again because of them. */
async function recordFailure(hands: Hands, seen: Observed, failure: StepFailure, signal: AbortSignal): Promise<Result> {
  const { certificate } = seen;
  for (let row = certificate, attempt = 1; ; attempt += 1) {
    try {
      const now: Observed = { ...seen, certificate: row };
      await recordStatus(hands, now, failedStatus(hands, now, failure), signal);
      return requeueAfter(0);
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === attemptsToRecord) throw error;
      const live = await hands.statuses.live(row, signal);
      if (live === undefined || !isSame(live, certificate)) throw error;
      row = live;
    }
  }
}

function failedStatus({ clock }: Hands, seen: Observed, failure: StepFailure): OwnStatus {
  const { reason, message, retryAfterMs, orderLives, cause } = failure;
  const refused = cause instanceof AcmeError ? refusalsIn(cause, seen.certificate.names) : [];
  return statusOf(seen, clock.now(), {
    blocker: blockerOf(reason, message),
    failure: { retryAfterMs, refused },
    ...(orderLives ? {} : { order: 'failed' }),
  });
}

function heldOrder({ orders }: Hands, { certificate }: Observed): HeldOrder {
  const held = orders.get(certificate.status.order?.url ?? '');
  if (held === undefined) throw new ConflictError(`the order of ${certificate.key} is not in hand`);
  return held;
}
