/**
 * A limit as Let's Encrypt states its own: a token bucket that gives `count` at once and refills evenly, one token every
 * `periodMs / count` (letsencrypt.org/docs/rate-limits).
 */
export interface Limit {
  readonly count: number;
  readonly periodMs: number;
}

/** The whole state of a bucket: when it will be full again, in milliseconds since 1970. Past, or undefined: it is full. */
export type FullAt = number | undefined;

const longestLagMs = 60_000;
/** Of a token, so that sums of fractions do not fall short of a whole one. */
const fuzz = 1e-6;

/** From one token to the next. */
export function intervalMs({ count, periodMs }: Limit): number {
  return periodMs / count;
}

/**
 * How many tokens a bucket has: whole ones, from 0 to `count`. A refill is believed a little late, a minute at most, because the
 * CA counts from when it hears of an order, and not from when it was sent.
 */
export function tokensIn(fullAt: FullAt, limit: Limit, now: number): number {
  const missingMs = Math.max(0, (fullAt ?? 0) + lagMs(limit) - now);
  if (fullAt === undefined || missingMs === 0) return limit.count;
  return Math.max(0, Math.floor((limit.periodMs - missingMs) / intervalMs(limit) + fuzz));
}

/** When a bucket that is empty has its next token, by {@link tokensIn}. */
export function nextTokenAt(fullAt: number, limit: Limit): number {
  return Math.ceil(fullAt + lagMs(limit) - limit.periodMs + intervalMs(limit));
}

/** The bucket with that many tokens less than now. Never refuses: what has been spent has been spent. */
export function spent(fullAt: FullAt, limit: Limit, now: number, tokens = 1): number {
  return Math.max(now, fullAt ?? 0) + tokens * intervalMs(limit);
}

/** The bucket with one token back. */
export function refunded(fullAt: FullAt, limit: Limit): FullAt {
  return fullAt === undefined ? undefined : fullAt - intervalMs(limit);
}

/** Whether more was spent than the bucket ever holds. */
export function isOverdrawn(fullAt: FullAt, limit: Limit, now: number): boolean {
  return fullAt !== undefined && fullAt - now > limit.periodMs + 1;
}

/** Whether a token that is taken now was noted so much earlier that a refill would be believed too early. */
export function isLate(fullAt: FullAt, limit: Limit, now: number): boolean {
  return spent(refunded(fullAt, limit), limit, now) - (fullAt ?? 0) > lagMs(limit) / 2;
}

function lagMs(limit: Limit): number {
  return Math.min(longestLagMs, intervalMs(limit) / 2);
}
