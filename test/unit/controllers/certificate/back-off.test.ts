import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Reason } from '../../../../src/api/index.ts';
import { nextAttempt } from '../../../../src/controllers/certificate/back-off.ts';

const now = new Date('2026-06-01T00:00:00Z');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

interface Failed {
  readonly of?: string;
  readonly count?: number;
  readonly retryAfterMs?: number;
  readonly reason?: Reason;
}

function waitOf({ of = 'uid', count = 1, retryAfterMs, reason = 'OrderFailed' }: Failed): number {
  return nextAttempt({ of, count, retryAfterMs, reason }, now).getTime() - now.getTime();
}

describe('the back-off', () => {
  test('is 1, 10, 100 minutes, then a day for ever, within 10 %', () => {
    for (const [count, minutes] of [
      [1, 1],
      [2, 10],
      [3, 100],
      [4, 1440],
      [50, 1440],
    ] as const) {
      const wait = waitOf({ count });
      assert.ok(Math.abs(wait / minute - minutes) <= minutes * 0.1 + 1 / 60, `${count}: ${wait}`);
    }
  });

  test('is never earlier than what the CA asked for, whatever failed and how often', () => {
    const reasons: readonly Reason[] = ['OrderFailed', 'CAUnavailable', 'RateLimited', 'Paused', 'UserActionRequired'];
    fc.assert(
      fc.property(
        fc.record({
          of: fc.string(),
          count: fc.integer({ min: 1, max: 20 }),
          retryAfterMs: fc.integer({ min: 0, max: 7 * day }),
          reason: fc.constantFrom(...reasons),
        }),
        (failed) => waitOf(failed) >= failed.retryAfterMs,
      ),
    );
  });

  test('keeps the time that the CA named for the end of its limit, a minute at most after it', () => {
    for (const asked of [10 * minute, 34 * hour, 7 * day]) {
      const waits = Array.from({ length: 200 }, (_, one) =>
        waitOf({ of: `certificate-${one}`, retryAfterMs: asked, reason: 'RateLimited' }),
      );
      assert.ok(waits.every((wait) => wait >= asked && wait <= asked + minute + 1_000));
      assert.ok(new Set(waits).size > 20, 'Certificates that met one limit do not all come back in one second');
    }
  });

  test('asks again in a minute at the earliest where a limit is said to end at once', () => {
    assert.ok(waitOf({ retryAfterMs: 0, reason: 'RateLimited' }) >= 0.9 * minute);
  });

  test('does not go on for ever at the pace of a CA that refuses again at the time that it named', () => {
    const wait = waitOf({ count: 5, retryAfterMs: 1_000, reason: 'RateLimited' });
    assert.ok(wait >= 0.9 * day, String(wait));
  });

  for (const reason of ['KeyRefused', 'Paused', 'UserActionRequired'] as const) {
    test(`looks once a day whether a person has done what it waits for (${reason})`, () => {
      for (const count of [1, 2, 30]) {
        const wait = waitOf({ count, reason });
        assert.ok(wait >= 0.9 * day && wait <= 1.1 * day + 1_000, String(wait));
      }
    });
  }
});
