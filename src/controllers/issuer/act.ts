import { group, type IssuerStatus, managers, type Reason, version } from '../../api/index.ts';
import { type EventRecorder, type KubeClient, type KubeObject, secrets } from '../../kube/index.ts';
import { generateKey } from '../../pki/index.ts';
import { type Clock, ConflictError, type Result, requeueAfter, requeueAt } from '../../runtime/index.ts';
import { type IssuerRow, issuerResource } from '../issuer-row.ts';
import type { OwnWrites } from '../own-writes.ts';
import type { AccountLookups } from './account-lookups.ts';
import { eventOf } from './events.ts';
import type { AccountKey, AccountSeen, KeySeen, Observed } from './observed.ts';
import type { Plan, Step } from './plan.ts';
import { accountKeyRef, accountKeySecret, changedKeySecret } from './secrets.ts';

/** What was written of the issuers of each kind. */
export type IssuerWrites = Readonly<Record<IssuerRow['kind'], OwnWrites<IssuerRow>>>;

/** What a step is carried out with. */
export interface Hands {
  readonly client: Pick<KubeClient, 'apply'>;
  readonly clock: Clock;
  readonly lookups: AccountLookups;
  readonly writes: IssuerWrites;
  readonly events: Pick<EventRecorder<Reason>, 'publish'>;
}

/** Carries out one step: one write to the API server or to the CA at most. */
export async function act(hands: Hands, next: Plan, seen: Observed, signal: AbortSignal): Promise<Result> {
  if (next.step === 'rest') return requeueAt(next.until, hands.clock.now());
  if (next.step === 'recordStatus') await recordStatus(hands, seen.issuer, next.status, signal);
  else await carryOut(hands, next.step, seen, signal);
  return requeueAfter(0);
}

async function carryOut(hands: Hands, step: Step, seen: Observed, signal: AbortSignal): Promise<void> {
  const { lookups } = hands;
  const { issuer } = seen;
  switch (step) {
    case 'createKey':
      return storeKey(hands, accountKeySecret(whereOf(seen), await newKey()), signal);
    case 'replaceKey':
    case 'dropNextKey':
    case 'storeNextKey':
    case 'switchKey':
      return storeKey(hands, changedKeySecret(whereOf(seen), keyOf(seen).secret, await keysAfter(step, seen)), signal);
    case 'createAccount':
      return lookups.create(issuer, keyOf(seen), seen.binding, signal);
    case 'updateContact':
      return lookups.updateContact(issuer, keyOf(seen), accountOf(seen), signal);
    case 'deactivateAccount':
      return lookups.deactivate(issuer, keyOf(seen), accountOf(seen), signal);
    case 'changeKey':
      return lookups.changeKey(issuer, keyOf(seen), nextOf(seen), signal);
  }
}

/** What the Secret of the key holds after a step. */
async function keysAfter(
  step: 'replaceKey' | 'dropNextKey' | 'storeNextKey' | 'switchKey',
  seen: Observed,
): Promise<{ readonly current: string; readonly next?: string }> {
  switch (step) {
    case 'replaceKey':
      return { current: await newKey() };
    case 'dropNextKey': {
      // An apply does not remove what somebody else wrote too; the key in use is no next one.
      const { pem } = keyOf(seen);
      return { current: pem, next: pem };
    }
    case 'storeNextKey':
      return { current: keyOf(seen).pem, next: await newKey() };
    case 'switchKey':
      return { current: nextOf(seen).pem };
  }
}

function newKey(): Promise<string> {
  return generateKey({ algorithm: 'ECDSA', size: 256 });
}

async function storeKey({ client }: Hands, secret: KubeObject, signal: AbortSignal): Promise<void> {
  await client.apply<KubeObject>(secrets, secret, { manager: managers.issuer, force: true, signal });
}

function whereOf({ issuer, secretNamespace }: Observed): ReturnType<typeof accountKeyRef> {
  return accountKeyRef(issuer, secretNamespace);
}

function keyOf({ accountKey }: Observed): Extract<KeySeen, { state: 'readable' }> {
  if (accountKey.state !== 'readable') throw new ConflictError('the account key is not in hand');
  return accountKey;
}

function nextOf(seen: Observed): AccountKey {
  const { next } = keyOf(seen);
  if (next === undefined) throw new ConflictError('the next account key is not in hand');
  return next;
}

function accountOf({ account }: Observed): Extract<AccountSeen, { state: 'known' }> {
  if (account.state !== 'known') throw new ConflictError('the account is not in hand');
  return account;
}

async function recordStatus(
  { client, writes, events }: Hands,
  issuer: IssuerRow,
  status: IssuerStatus,
  signal: AbortSignal,
): Promise<void> {
  const { kind, namespace, name, resourceVersion } = issuer;
  const object = {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), resourceVersion },
    status,
  };
  const options = { manager: managers.issuer, force: true, subresource: 'status', signal } as const;
  const written = await client.apply<KubeObject>(issuerResource(kind), object, options);
  writes[kind].note(issuer, written);
  const event = eventOf(issuer, status);
  if (event !== undefined) events.publish(event);
}
