import { type CertificateStatus, timeOf } from '../../../api/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import { type Ask, type Charge, certificateChargesOf, chargesOf, failureChargesOf } from './charges.ts';
import type { RateLimits } from './limits.ts';
import { spent } from './token-bucket.ts';

/** CAs write certificates as valid from an hour before they issue them; at most, as far as is known. */
const backdateMs = 3_600_000;

/** One token that a status tells of. */
interface Told {
  readonly charge: Charge;
  readonly at: number;
}

/** Whose status it is, and with which account. */
export interface Teller {
  readonly row: Pick<CertificateRow, 'names' | 'status'>;
  readonly rates: RateLimits;
  readonly account: string;
}

/**
 * What a status tells of what was spent: an order that is open, the certificate that was issued last, the names whose
 * validation failed last. Never more tokens than were spent; whatever they say of earlier attempts is overwritten.
 */
export function toldBy({ row, rates, account }: Teller, now: number): Told[] {
  const { names, status } = row;
  const { revision = 0 } = status;
  const ask: Ask = { account, names, isRenewal: revision > 1 };
  const issuedAt = timeOf(status.notBefore)?.getTime();
  const issued =
    issuedAt === undefined ? [] : dated(certificateChargesOf(rates, ask), Math.min(now, issuedAt + backdateMs));
  return [
    ...ordered(status, rates, { ...ask, isRenewal: revision > 0 }),
    ...issued,
    ...failed(status, rates, account),
  ].filter(({ charge, at }) => at + charge.limit.periodMs > now);
}

/** The buckets that follow from what many statuses tell. */
export function bucketsTold(told: readonly Told[]): Map<string, number> {
  const buckets = new Map<string, number>();
  for (const { charge, at } of told.toSorted((a, b) => a.at - b.at)) {
    buckets.set(charge.key, spent(buckets.get(charge.key), charge.limit, at));
  }
  return buckets;
}

/** An order is recorded in the second in which `Issuing` turns True. */
function ordered({ order, conditions = [] }: CertificateStatus, rates: RateLimits, ask: Ask): Told[] {
  const issuing = conditions.find(({ type }) => type === 'Issuing');
  const at = timeOf(issuing?.lastTransitionTime)?.getTime();
  if (order === undefined || order.state === 'invalid' || issuing?.status !== 'True' || at === undefined) return [];
  const names = order.identifiers.map(({ value }) => value).toSorted();
  return dated(chargesOf(rates, { ...ask, names }), at);
}

function failed({ order, failure }: CertificateStatus, rates: RateLimits, account: string): Told[] {
  const at = timeOf(failure?.lastTime)?.getTime();
  if (order?.state !== 'invalid' || at === undefined) return [];
  const names = order.identifiers.flatMap(({ state, value }) => (state === 'invalid' ? [value] : []));
  return dated(failureChargesOf(rates, account, names), at);
}

function dated(charges: readonly Charge[], at: number): Told[] {
  return charges.map((charge) => ({ charge, at }));
}
