import type { Observed } from '../observed.ts';
import type { Account } from '../order/accounts.ts';
import type { WantedOrder } from './budgets.ts';

/**
 * The order of a Certificate as the CA counts it: for these names, or for all that the spec asks for. A renewal is one for the
 * names that the certificate in use has, from the same issuer.
 */
export function wantedOrder(
  { certificate, secret }: Pick<Observed, 'certificate' | 'secret'>,
  account: Account,
  names: readonly string[] = certificate.names,
): WantedOrder {
  const { url, directoryUrl, rates } = account;
  const held = secret.kind === 'ours' && secret.issuerKey === certificate.issuerKey ? secret.issued?.names : undefined;
  const isRenewal = held !== undefined && new Set(held).symmetricDifference(new Set(names)).size === 0;
  return { key: certificate.key, directory: directoryUrl, account: url, rates, names: names.toSorted(), isRenewal };
}
