import { AcmeError, type Identifier } from '../../../src/acme/index.ts';
import type { KeptAccount } from './accounts.ts';
import { identifierKey, registeredDomain, setKey } from './names.ts';
import type { Limit, Limits } from './options.ts';

/** How long the names of a certificate count as issued before, so that the next one is a renewal. */
const renewalMs = 120 * 86_400_000;

/** Why an order would have to wait, and how long. */
interface Wait {
  readonly ms: number;
  readonly why: string;
}

/** One bucket: which limit, whose, and how it is told. */
interface Bucket {
  readonly key: string;
  readonly limit: Limit;
  readonly why: string;
}

/**
 * The rate limits of Let's Encrypt (letsencrypt.org/docs/rate-limits): token buckets that refill evenly, kept as the time
 * at which each would be full again.
 */
export class RateLimits {
  readonly #limits: Limits | undefined;
  readonly #now: () => number;
  readonly #fullAt = new Map<string, number>();
  readonly #issuedAt = new Map<string, number>();
  readonly #paused = new Set<string>();
  /** How many orders were refused because of a limit that ends by itself. */
  refused = 0;

  constructor(limits: Limits | undefined, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Lets an order through, which then counts, or not. A renewal for the same names is exempt from what is counted by account
   * and by domain, and one that `replaces` its predecessor within its window from all.
   *
   * @throws AcmeError `rateLimited`, with the furthest of the waits.
   */
  place(account: KeptAccount, identifiers: readonly Identifier[], isExempt: boolean): void {
    const limits = this.#limits;
    if (limits === undefined || isExempt) return;
    const orders = this.#orders(limits, account);
    const isRenewal = this.#now() - (this.#issuedAt.get(setKey(identifiers)) ?? Number.NEGATIVE_INFINITY) < renewalMs;
    const buckets = [
      ...identifiers.map((identifier) => this.#failed(limits, account, identifier)),
      this.#exactSet(limits, identifiers),
      ...(isRenewal ? [] : [orders, ...this.#domains(limits, identifiers)]),
    ];
    const [furthest] = buckets.flatMap((bucket) => this.#wait(bucket)).sort((a, b) => b.ms - a.ms);
    if (furthest !== undefined) {
      this.refused += 1;
      throw limited(furthest, this.#now());
    }
    if (!isRenewal) this.#spend(orders);
  }

  /** @throws AcmeError `rateLimited`, without a time, for names of which a person has to take care. */
  checkPaused(account: KeptAccount, identifiers: readonly Identifier[]): void {
    const paused = identifiers.filter((identifier) => this.#paused.has(ofAccount(account, identifier)));
    if (paused.length === 0) return;
    const names = paused.map(({ value }) => value).join(', ');
    const page = 'https://portal.letsencrypt.org/sfe/v1/unpause?jwt=simulated';
    const detail = `Your account is temporarily prevented from requesting certificates for ${names} and possibly others. Please visit: ${page}`;
    throw new AcmeError({ type: 'rateLimited', detail, status: 429 });
  }

  /** A certificate was issued; `isExempt`: as for the placing of its order. */
  issued(identifiers: readonly Identifier[], isExempt: boolean): void {
    const limits = this.#limits;
    if (limits === undefined) return;
    const before = this.#issuedAt.get(setKey(identifiers));
    this.#issuedAt.set(setKey(identifiers), this.#now());
    if (isExempt) return;
    this.#spend(this.#exactSet(limits, identifiers));
    if (before === undefined) for (const bucket of this.#domains(limits, identifiers)) this.#spend(bucket);
  }

  /** A validation ended. */
  validated(account: KeptAccount, identifier: Identifier, isValid: boolean): void {
    const limits = this.#limits;
    if (limits === undefined) return;
    const key = ofAccount(account, identifier);
    const inARow: Bucket = { key: `row ${key}`, limit: limits.consecutiveFailures, why: '' };
    if (isValid) {
      this.#fullAt.delete(inARow.key);
      return;
    }
    this.#spend(this.#failed(limits, account, identifier));
    this.#spend(inARow);
    if (this.#wait(inARow).length > 0) this.#paused.add(key);
  }

  /** As when the validation of a name has failed for months. */
  pause(account: KeptAccount, identifier: Identifier): void {
    this.#paused.add(ofAccount(account, identifier));
  }

  /** A person visited the page that the CA named. */
  unpause(account: KeptAccount): void {
    for (const key of this.#paused) {
      if (!key.startsWith(ofAccountStart(account))) continue;
      this.#paused.delete(key);
      this.#fullAt.delete(`row ${key}`);
    }
  }

  #orders({ newOrdersPerAccount: limit }: Limits, { url }: KeptAccount): Bucket {
    return { key: `orders ${url}`, limit, why: `too many new orders (${limit.count}) from this account` };
  }

  #exactSet({ certificatesPerExactSet: limit }: Limits, identifiers: readonly Identifier[]): Bucket {
    const why = `too many certificates (${limit.count}) already issued for this exact set of identifiers`;
    return { key: `set ${setKey(identifiers)}`, limit, why };
  }

  #domains({ certificatesPerDomain: limit }: Limits, identifiers: readonly Identifier[]): readonly Bucket[] {
    return [...new Set(identifiers.map(registeredDomain))].map((domain) => {
      return {
        key: `domain ${domain}`,
        limit,
        why: `too many certificates (${limit.count}) already issued for "${domain}"`,
      };
    });
  }

  #failed({ failedAuthorizations: limit }: Limits, account: KeptAccount, identifier: Identifier): Bucket {
    const why = `too many failed authorizations (${limit.count}) for "${identifier.value}"`;
    return { key: `failed ${ofAccount(account, identifier)}`, limit, why };
  }

  /** None while the bucket has one to give. */
  #wait({ key, limit, why }: Bucket): readonly Wait[] {
    const { count, periodMs } = limit;
    const now = this.#now();
    const ms = Math.max(now, this.#fullAt.get(key) ?? now) + periodMs / count - now - periodMs;
    return ms < 1 ? [] : [{ ms, why: `${why} in the last ${periodMs / 3_600_000}h0m0s` }];
  }

  #spend({ key, limit }: Bucket): void {
    const now = this.#now();
    this.#fullAt.set(key, Math.max(now, this.#fullAt.get(key) ?? now) + limit.periodMs / limit.count);
  }
}

/** Retry-After has whole seconds. */
function limited({ ms, why }: Wait, now: number): AcmeError {
  const retryAfterMs = Math.ceil(ms / 1_000) * 1_000;
  const at = new Date(now + retryAfterMs).toISOString().replace('T', ' ').slice(0, 19);
  const detail = `${why}, retry after ${at} UTC: see https://letsencrypt.org/docs/rate-limits/`;
  return new AcmeError({ type: 'rateLimited', detail, status: 429 }, retryAfterMs);
}

function ofAccount(account: KeptAccount, identifier: Identifier): string {
  return `${ofAccountStart(account)}${identifierKey(identifier)}`;
}

function ofAccountStart({ url }: KeptAccount): string {
  return `${url} `;
}
