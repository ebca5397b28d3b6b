import type { IssuerSpec } from '../../../api/index.ts';
import { parseDuration } from '../renewal/duration.ts';
import type { Limit } from './token-bucket.ts';

/** What a CA limits, in the words of `spec.acme.rateLimits`. */
export type LimitKind =
  | 'newOrders'
  | 'newOrdersPerAccount'
  | 'certificatesPerDomain'
  | 'certificatesPerExactSet'
  | 'failedAuthorizationsPerName';

/** The limits of a CA, as far as they are known. */
export interface RateLimits {
  readonly limits: Readonly<Partial<Record<LimitKind, Limit>>>;
  /** A certificate for the names of the one that it replaces counts for their exact set alone. */
  readonly exemptsRenewals: boolean;
}

const second = 1_000;
const hour = 3_600 * second;
const week = 7 * 24 * hour;

/**
 * Let's Encrypt as of 2026-08 (letsencrypt.org/docs/rate-limits, staging-environment). `newOrders` is below what its load
 * balancer lets one address ask for: an order is followed by six requests. Limits of staging that nobody can reach are left out.
 */
const presets: Readonly<Record<string, RateLimits>> = {
  'acme-v02.api.letsencrypt.org': {
    exemptsRenewals: true,
    limits: {
      newOrders: { count: 20, periodMs: 2 * second },
      newOrdersPerAccount: { count: 300, periodMs: 3 * hour },
      certificatesPerDomain: { count: 50, periodMs: week },
      certificatesPerExactSet: { count: 5, periodMs: week },
      failedAuthorizationsPerName: { count: 5, periodMs: hour },
    },
  },
  'acme-staging-v02.api.letsencrypt.org': {
    exemptsRenewals: true,
    limits: {
      newOrders: { count: 10, periodMs: 5 * second },
      newOrdersPerAccount: { count: 1_500, periodMs: 3 * hour },
      failedAuthorizationsPerName: { count: 200, periodMs: hour },
    },
  },
};
const none: RateLimits = { exemptsRenewals: false, limits: {} };
const kinds: readonly LimitKind[] = [
  'newOrders',
  'newOrdersPerAccount',
  'certificatesPerDomain',
  'certificatesPerExactSet',
  'failedAuthorizationsPerName',
];

/** The limits of an issuer's CA: the preset of its host, field by field replaced by what the issuer says; a count of 0 is no limit. */
export function rateLimitsOf({
  server,
  rateLimits = {},
}: Pick<IssuerSpec['acme'], 'server' | 'rateLimits'>): RateLimits {
  const preset = presets[URL.parse(server)?.host ?? ''] ?? none;
  const told = kinds.flatMap((kind): (readonly [LimitKind, Limit])[] => {
    const limit = given(rateLimits[kind]) ?? preset.limits[kind];
    return limit === undefined || limit.count === 0 ? [] : [[kind, limit]];
  });
  return {
    exemptsRenewals: rateLimits.exemptRenewals ?? preset.exemptsRenewals,
    limits: Object.fromEntries(told),
  };
}

/** What the API server let through is well formed; anything else is no limit that could be kept. */
function given(limit: { readonly count?: number; readonly period?: string } | undefined): Limit | undefined {
  const { count, period } = limit ?? {};
  if (count === 0) return { count: 0, periodMs: 0 };
  const periodMs = parseDuration(period ?? '');
  return count === undefined || periodMs === undefined || periodMs === 0 ? undefined : { count, periodMs };
}
