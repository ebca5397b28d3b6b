import { managers, type Reason } from '../../api/index.ts';
import { type EventRecorder, type KubeClient, type KubeObject, secrets } from '../../kube/index.ts';
import { createCsr, generateKey } from '../../pki/index.ts';
import { type Clock, ConflictError, type Result, requeueAfter, requeueAt } from '../../runtime/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { Account } from './accounts.ts';
import { archiveWith } from './archive.ts';
import { asked, CAFailure } from './ca-failure.ts';
import { eventOf } from './events.ts';
import type { Observation } from './observe.ts';
import type { Intent, Observed } from './observed.ts';
import type { HeldOrder, Orders } from './orders.ts';
import { placeOrder } from './place-order.ts';
import type { Plan } from './plan.ts';
import { keptKey, keySpecFor } from './policies.ts';
import { type OwnStatus, statusOf } from './status.ts';
import type { Statuses } from './statuses.ts';
import { storeCertificate } from './store-certificate.ts';

/** What a step is carried out with. */
export interface Hands {
  readonly client: Pick<KubeClient, 'get' | 'apply'>;
  readonly clock: Clock;
  readonly orders: Orders;
  readonly statuses: Statuses;
  readonly events: Pick<EventRecorder<Reason>, 'publish'>;
  /** Told of each certificate that was issued, and of each failure by its reason. */
  readonly onOutcome: (outcome: 'issued' | Reason) => void;
}

/** Carries out one step: at most one object is written. A CA's refusal is an outcome and is recorded. */
export async function act(hands: Hands, next: Plan, observation: Observation, signal: AbortSignal): Promise<Result> {
  try {
    return await carryOut(hands, next, observation, signal);
  } catch (error) {
    if (!(error instanceof CAFailure)) throw error;
    return recordFailure(hands, observation.seen, error, signal);
  }
}

async function carryOut(
  hands: Hands,
  next: Plan,
  { seen, account }: Observation,
  signal: AbortSignal,
): Promise<Result> {
  switch (next.step) {
    case 'rest':
      return requeueAt(next.until, hands.clock.now());
    case 'recordStatus':
      await recordStatus(hands, seen, next.status, signal);
      return requeueAfter(0);
    case 'storeIntent':
      await storeIntent(hands, seen, { ...next.intent, ...(await predecessor(seen, account, signal)) }, signal);
      return requeueAfter(0);
    case 'placeOrder':
      await placeOrder(hands, { seen, account: open(account), intent: next.intent, cause: next.cause }, signal);
      return requeueAfter(0);
    case 'answer':
      await answer(hands, { seen, account: open(account), challenges: next.challenges }, signal);
      return requeueAfter(0);
    case 'finalize':
      await finalize(hands, { seen, account: open(account) }, signal);
      return requeueAfter(0);
    case 'storeCertificate': {
      const held = heldOrder(hands, seen);
      await storeCertificate(hands, { seen, account: open(account), held, cause: next.cause.cause }, signal);
      return requeueAfter(0);
    }
  }
}

/** W1: the key is stored before any network step that could make a certificate for it. */
async function storeIntent(hands: Hands, seen: Observed, intent: Intent, signal: AbortSignal): Promise<void> {
  const { certificate, secret, archive } = seen;
  const keyPem = keptKey(certificate, secret) ?? (await generateKey(keySpecFor(certificate, secret)));
  const object = archiveWith({ certificate, archive, secret }, intent, keyPem);
  await hands.client.apply<KubeObject>(secrets, object, { manager: managers.certificate, force: true, signal });
}

/** The certificate in use, where the CA knows of replacements (RFC 9773, 5). */
async function predecessor(
  { secret }: Observed,
  account: Account | undefined,
  signal: AbortSignal,
): Promise<Pick<Intent, 'replaces'>> {
  const certID = secret.kind === 'ours' ? secret.issued?.certID : undefined;
  if (certID === undefined) return {};
  const directory = await asked('show its directory', () => open(account).client.directory(signal));
  return directory.renewalInfo ? { replaces: certID } : {};
}

interface Answering {
  readonly seen: Observed;
  readonly account: Account;
  readonly challenges: readonly string[];
}

async function answer(hands: Hands, { seen, account, challenges }: Answering, signal: AbortSignal): Promise<void> {
  const url = await confirmRecorded(hands, seen.certificate, signal);
  await asked('validate the names', () => Promise.all(challenges.map((one) => account.client.answer(one, signal))));
  hands.orders.answered(url);
}

/** Finalizes with the archived key only: two leaders would send the same request. */
async function finalize(
  hands: Hands,
  { seen, account }: Omit<Answering, 'challenges'>,
  signal: AbortSignal,
): Promise<void> {
  const { certificate, archive } = seen;
  const keyPem = archive?.nextKeyPem;
  if (keyPem === undefined) throw new ConflictError('the archive has lost its key');
  await confirmRecorded(hands, certificate, signal);
  const { order } = heldOrder(hands, seen);
  const { commonName } = certificate.spec;
  const csr = await createCsr({
    names: certificate.names,
    keyPem,
    ...(commonName === undefined ? {} : { commonName }),
  });
  hands.orders.finalized(await asked('finalize the order', () => account.client.finalize(order, csr, signal)));
}

/** One live read confirms that the recorded order is the one in hand: a leader that slept may have been replaced. */
async function confirmRecorded(hands: Hands, certificate: CertificateRow, signal: AbortSignal): Promise<string> {
  const live = await hands.statuses.live(certificate, signal);
  const url = certificate.status.order?.url;
  if (url === undefined || live?.uid !== certificate.uid || live.status.order?.url !== url) {
    throw new ConflictError(`the Certificate ${certificate.key} records another order`);
  }
  return url;
}

async function recordStatus(hands: Hands, seen: Observed, status: OwnStatus, signal: AbortSignal): Promise<void> {
  const { certificate } = seen;
  await hands.statuses.write(certificate, status, signal);
  const left = certificate.status.order?.url;
  if (left !== undefined && status.order?.url !== left) hands.orders.forget(left);
  const event = eventOf(certificate, status);
  if (event === undefined) return;
  hands.events.publish(event);
  hands.onOutcome(event.reason === 'Issued' ? 'issued' : event.reason);
}

async function recordFailure(hands: Hands, seen: Observed, failure: CAFailure, signal: AbortSignal): Promise<Result> {
  const url = seen.certificate.status.order?.url;
  // What is remembered may be what misled us; the next pass asks the CA afresh.
  if (url !== undefined) hands.orders.forget(url);
  const status = statusOf(seen, hands.clock.now(), {
    blocker: { reason: failure.reason, message: failure.message },
    failure: { retryAfterMs: failure.retryAfterMs },
    ...(failure.orderLives ? {} : { order: 'failed' }),
  });
  await recordStatus(hands, seen, status, signal);
  return requeueAfter(0);
}

function heldOrder({ orders }: Hands, { certificate }: Observed): HeldOrder {
  const held = orders.get(certificate.status.order?.url ?? '');
  if (held === undefined) throw new ConflictError(`the order of ${certificate.key} is not in hand`);
  return held;
}

function open(account: Account | undefined): Account {
  if (account === undefined) throw new ConflictError('the account is not open');
  return account;
}
