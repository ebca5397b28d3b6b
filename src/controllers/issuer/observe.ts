import { type Cache, type KubeClient, secrets } from '../../kube/index.ts';
import type { Clock } from '../../runtime/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import { type IssuerRow, issuerNamespace } from '../issuer-row.ts';
import type { AccountLookups } from './account-lookups.ts';
import type { AccountKey, AccountSeen, BindingSeen, Observed } from './observed.ts';
import { wantsAccount, wantsLookup } from './plan.ts';
import { accountKeyRef, bindingRef, bindingSeen, keySeen, type Secret } from './secrets.ts';

/** Where a pass reads from. */
export interface Sources {
  readonly client: Pick<KubeClient, 'get'>;
  readonly clock: Clock;
  readonly lookups: AccountLookups;
  readonly certificates: Pick<Cache<CertificateRow>, 'by'>;
  /** All of both kinds. */
  readonly issuers: () => readonly IssuerRow[];
  /** The operator's own namespace. */
  readonly namespace: string;
}

/** Reads the Secrets by name and, where the status does not say it already, asks the CA for the account. Never writes. */
export async function observe(sources: Sources, issuer: IssuerRow, signal: AbortSignal): Promise<Observed> {
  const { client, clock, lookups } = sources;
  const secretNamespace = issuerNamespace(issuer, sources.namespace);
  const where = accountKeyRef(issuer, secretNamespace);
  const accountKey = keySeen(where, await client.get<Secret>(secrets, where.ref, signal));
  const key = accountKey.state === 'readable' ? accountKey : undefined;

  const remembered = lookups.remembered(issuer, key, 'current');
  const asks = key !== undefined && wantsLookup({ issuer, accountKey, account: remembered }, clock.now());
  const account = asks ? await lookups.ask(issuer, key, 'current', signal) : remembered;
  const next = key?.next === undefined ? undefined : await nextSeen(sources, issuer, key.next, signal);

  const binding: BindingSeen = wantsAccount({ account, issuer })
    ? await readBinding(client, issuer, secretNamespace, signal)
    : { state: 'none' };
  const openOrders = issuer.verbs.rollover === undefined ? 0 : openOrdersOf(sources, key);
  return { issuer, secretNamespace, accountKey, account, next, openOrders, binding };
}

/** The CA's word on the next key, which is asked for at once: it tells whether the change has happened. */
async function nextSeen(
  { clock, lookups }: Sources,
  issuer: IssuerRow,
  key: AccountKey,
  signal: AbortSignal,
): Promise<AccountSeen> {
  const remembered = lookups.remembered(issuer, key, 'next');
  const isDue = remembered.state === 'unasked' || remembered.askAgainAt <= clock.now();
  return isDue ? lookups.ask(issuer, key, 'next', signal) : remembered;
}

/** Those of every issuer that has the same key. */
function openOrdersOf({ certificates, issuers }: Sources, key: AccountKey | undefined): number {
  return issuers()
    .filter(({ status }) => key !== undefined && status.acme?.keyThumbprint === key.thumbprint)
    .flatMap((issuer) => certificates.by('issuer', issuer.key))
    .filter(({ status: { order } }) => order?.thumbprint === key?.thumbprint && order?.state !== 'invalid').length;
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
