import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type FullAt,
  intervalMs,
  isOverdrawn,
  type Limit,
  nextTokenAt,
  refunded,
  spent,
  tokensIn,
} from '../../../../../src/controllers/certificate/budget/token-bucket.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.parse('2026-06-01T00:00:00Z');
const limit: fc.Arbitrary<Limit> = fc.record({
  count: fc.integer({ min: 1, max: 500 }),
  periodMs: fc.integer({ min: 1, max: 31 * 24 * 60 }).map((minutes) => minutes * 60_000),
});

/** The bucket as it is told to people: so many tokens, a fraction more with each millisecond. */
class TokenCounter {
  readonly #limit: Limit;
  #tokens: number;
  #at = start;

  constructor(one: Limit) {
    this.#limit = one;
    this.#tokens = one.count;
  }

  /** @returns whether there was one to take. */
  take(at: number): boolean {
    this.#tokens = Math.min(this.#limit.count, this.#tokens + (at - this.#at) / intervalMs(this.#limit));
    this.#at = at;
    if (this.#tokens < 1 - 1e-6) return false;
    this.#tokens -= 1;
    return true;
  }
}

describe('a token bucket', () => {
  test('is full at first, and gives its count at once', () => {
    const five = { count: 5, periodMs: 7 * day };
    let fullAt: FullAt;
    for (const left of [5, 4, 3, 2]) {
      assert.equal(tokensIn(fullAt, five, start + 60_000), left);
      fullAt = spent(fullAt, five, start);
    }
    assert.equal(tokensIn(spent(fullAt, five, start), five, start + 60_000), 0);
  });

  test('never gives what the CA would refuse, whose clock starts at each order a little later', () => {
    const waits = fc.array(
      fc.record({ ms: fc.integer({ min: 0, max: 3 * hour }), lateMs: fc.double({ min: 0, max: 1 }) }),
    );
    fc.assert(
      fc.property(limit, waits, (one, steps) => {
        const ca = new TokenCounter(one);
        const lag = Math.min(60_000, intervalMs(one) / 2);
        let fullAt: FullAt;
        let now = start;
        let lastAtCa = start;
        for (const { ms, lateMs } of steps) {
          now += ms;
          if (tokensIn(fullAt, one, now) === 0) continue;
          fullAt = spent(fullAt, one, now);
          // Requests do not overtake one another.
          lastAtCa = Math.max(lastAtCa, now + Math.floor(lateMs * lag));
          assert.ok(ca.take(lastAtCa));
        }
      }),
    );
  });

  test('has a token at the very time that it tells, and none a minute before', () => {
    fc.assert(
      fc.property(limit, fc.integer({ min: 0, max: 1_000_000 }), (one, ms) => {
        let fullAt = spent(undefined, one, start);
        while (tokensIn(fullAt, one, start + ms) > 0) fullAt = spent(fullAt, one, start + ms);
        const at = nextTokenAt(fullAt, one);
        assert.equal(tokensIn(fullAt, one, at), 1);
        assert.equal(tokensIn(fullAt, one, Math.min(at - 2, at - intervalMs(one) / 100)), 0);
      }),
    );
  });

  test('gives no more in any time than its count and what is refilled in that time', () => {
    fc.assert(
      fc.property(limit, fc.array(fc.integer({ min: 0, max: hour }), { maxLength: 300 }), (one, steps) => {
        let fullAt: FullAt;
        let now = start;
        let given = 0;
        for (const ms of steps) {
          now += ms;
          if (tokensIn(fullAt, one, now) === 0) continue;
          fullAt = spent(fullAt, one, now);
          given += 1;
        }
        assert.ok(given <= one.count + (now - start) / intervalMs(one) + 1e-6);
      }),
    );
  });

  test('that was given back a token is as if it had not been taken', () => {
    fc.assert(
      fc.property(limit, fc.integer({ min: 1, max: 5 }), (one, tokens) => {
        const before = spent(undefined, one, start, tokens);
        assert.ok(Math.abs((refunded(spent(before, one, start), one) ?? 0) - before) < 1e-3);
      }),
    );
    assert.equal(refunded(undefined, { count: 1, periodMs: 1 }), undefined);
  });

  test('is overdrawn once more was taken than it holds', () => {
    const three = { count: 3, periodMs: hour };
    const empty = spent(undefined, three, start, 3);
    assert.equal(isOverdrawn(empty, three, start), false);
    assert.equal(isOverdrawn(spent(empty, three, start), three, start), true);
    assert.equal(isOverdrawn(undefined, three, start), false);
  });
});
