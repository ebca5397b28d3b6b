import { type KubeClient, secrets } from '../../kube/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { type IssuerRow, issuerNamespace } from '../issuer-row.ts';
import type { AccountLookups } from './account-lookups.ts';
import type { BindingSeen, Observed } from './observed.ts';
import { wantsAccount, wantsLookup } from './plan.ts';
import { accountKeyRef, bindingRef, bindingSeen, keySeen, type Secret } from './secrets.ts';

/** Where a pass reads from. */
export interface Sources {
  readonly client: Pick<KubeClient, 'get'>;
  readonly clock: Clock;
  readonly lookups: AccountLookups;
  /** The operator's own namespace. */
  readonly namespace: string;
}

/** Reads the Secrets by name and, where the status does not say it already, asks the CA for the account. Never writes. */
export async function observe(sources: Sources, issuer: IssuerRow, signal: AbortSignal): Promise<Observed> {
  const { client, clock, lookups } = sources;
  const secretNamespace = issuerNamespace(issuer, sources.namespace);
  const where = accountKeyRef(issuer, secretNamespace);
  const accountKey = keySeen(where, await client.get<Secret>(secrets, where.ref, signal));

  const remembered = lookups.remembered(issuer, accountKey);
  const basics = { issuer, secretNamespace, accountKey };
  const asks = accountKey.state === 'readable' && wantsLookup({ ...basics, account: remembered }, clock.now());
  const account = asks ? await lookups.ask(issuer, accountKey, signal) : remembered;

  const binding: BindingSeen = wantsAccount({ account, issuer })
    ? await readBinding(client, issuer, secretNamespace, signal)
    : { state: 'none' };
  return { ...basics, account, binding };
}

async function readBinding(
  client: Sources['client'],
  issuer: IssuerRow,
  namespace: string,
  signal: AbortSignal,
): Promise<BindingSeen> {
  const ref = bindingRef(issuer, namespace);
  if (ref === undefined) return { state: 'none' };
  return bindingSeen(issuer, ref, await client.get<Secret>(secrets, ref, signal));
}
