import { createHash } from 'node:crypto';
import type { LimitKind, RateLimits } from './limits.ts';
import { registeredDomain } from './registered-domain.ts';
import type { Limit } from './token-bucket.ts';

/** An order as a CA counts it. */
export interface Ask {
  /** The URL of the account. */
  readonly account: string;
  /** The names of the order: canonical, sorted, without repeats. */
  readonly names: readonly string[];
  /** The certificate in use, of the same CA, has the same names. */
  readonly isRenewal: boolean;
}

/** One bucket that an order takes from, or that has to hold something for it. */
export interface Charge {
  readonly kind: LimitKind;
  /** Of the bucket, among all of its CA. */
  readonly key: string;
  readonly limit: Limit;
  /** Whose limit it is, for a sentence. */
  readonly whose: string;
}

/** What a new order takes a token of each: not of what counts failures alone. */
export function chargesOf(rates: RateLimits, ask: Ask): Charge[] {
  const isExempt = ask.isRenewal && rates.exemptsRenewals;
  return [
    ...charge(rates, 'newOrders', '', 'all orders at this CA'),
    ...(isExempt ? [] : charge(rates, 'newOrdersPerAccount', ask.account, 'this account')),
    ...(isExempt ? [] : domainCharges(rates, ask.names)),
    ...setCharges(rates, ask.names),
  ];
}

/** What a certificate takes a token of each: the CA counts it when it issues, and not when it is ordered. */
export function certificateChargesOf(rates: RateLimits, ask: Ask): Charge[] {
  return chargesOf(rates, ask).filter(({ kind }) => kind.startsWith('certificates'));
}

/** What the failed validations of names take a token of each; has to hold one before they are ordered again. */
export function failureChargesOf(rates: RateLimits, account: string, names: readonly string[]): Charge[] {
  return names.flatMap((name) => charge(rates, 'failedAuthorizationsPerName', `${name} ${account}`, name));
}

/** The bucket of an account's orders. */
export function accountKeyOf(account: string): string {
  return `newOrdersPerAccount ${account}`;
}

function domainCharges(rates: RateLimits, names: readonly string[]): Charge[] {
  const domains = new Set(names.map(registeredDomain));
  return [...domains].flatMap((domain) => charge(rates, 'certificatesPerDomain', domain, domain));
}

function setCharges(rates: RateLimits, names: readonly string[]): Charge[] {
  const hash = createHash('sha256').update(names.join(' ')).digest('base64url').slice(0, 16);
  return charge(rates, 'certificatesPerExactSet', hash, 'this exact set of names');
}

function charge({ limits }: RateLimits, kind: LimitKind, subject: string, whose: string): Charge[] {
  const limit = limits[kind];
  return limit === undefined ? [] : [{ kind, key: `${kind} ${subject}`.trim(), limit, whose }];
}
