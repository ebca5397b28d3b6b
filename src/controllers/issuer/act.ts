import { group, type IssuerStatus, managers, type Reason, version } from '../../api/index.ts';
import { type EventRecorder, type KubeClient, type KubeObject, secrets } from '../../kube/index.ts';
import { generateKey } from '../../pki/index.ts';
import { type Clock, ConflictError, type Result, requeueAfter, requeueAt } from '../../runtime/index.ts';
import { type IssuerRow, issuerResource } from '../issuer-row.ts';
import type { OwnWrites } from '../own-writes.ts';
import type { AccountLookups } from './account-lookups.ts';
import { eventOf } from './events.ts';
import type { Observed } from './observed.ts';
import type { Plan } from './plan.ts';
import { accountKeyRef, accountKeySecret } from './secrets.ts';

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
  switch (next.step) {
    case 'rest':
      return requeueAt(next.until, hands.clock.now());
    case 'createKey':
      await createKey(hands, seen, signal);
      return requeueAfter(0);
    case 'createAccount':
      await createAccount(hands, seen, signal);
      return requeueAfter(0);
    case 'recordStatus':
      await recordStatus(hands, seen.issuer, next.status, signal);
      return requeueAfter(0);
  }
}

async function createKey({ client }: Hands, seen: Observed, signal: AbortSignal): Promise<void> {
  const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
  const secret = accountKeySecret(accountKeyRef(seen.issuer, seen.secretNamespace), keyPem);
  await client.apply<KubeObject>(secrets, secret, { manager: managers.issuer, force: true, signal });
}

async function createAccount({ lookups }: Hands, seen: Observed, signal: AbortSignal): Promise<void> {
  if (seen.accountKey.state !== 'readable') throw new ConflictError('the account key is not in hand');
  await lookups.create(seen.issuer, seen.accountKey, seen.binding, signal);
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
