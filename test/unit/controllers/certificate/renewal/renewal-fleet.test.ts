import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renewalOf, type Timing } from '../../../../../src/controllers/certificate/renewal/renewal-time.ts';
import { begins, dayMs, hourMs, lifetimes, sundays, timing, told, window } from './timing.ts';

describe('a fleet of 1,000 that was issued in one second', () => {
  const fleet = (overrides: Partial<Timing>, lifetimeMs = 90 * dayMs): readonly number[] =>
    Array.from({ length: 1_000 }, (_, one) => {
      const { issued, ...rest } = timing(lifetimeMs, overrides);
      return renewalOf({ ...rest, issued: { ...issued, fingerprint: `${one}` } }, new Date(begins))?.at.getTime() ?? 0;
    });
  const share = (times: readonly number[], ofMs: number): number => (Math.max(...times) - Math.min(...times)) / ofMs;
  const most = (times: readonly number[], withinMs: number): number => {
    const sorted = times.toSorted((a, b) => a - b);
    return Math.max(...sorted.map((from, first) => sorted.slice(first).filter((at) => at < from + withinMs).length));
  };

  test('is renewed over 4 % of its lifetime, with no more than a twentieth of it at once', () => {
    for (const lives of lifetimes) {
      const times = fleet({}, lives);
      assert.ok(share(times, lives) > 0.038, `${told(lives)}: ${share(times, lives)}`);
      assert.ok(most(times, lives * 0.0004) <= 50, `${told(lives)}: ${most(times, lives * 0.0004)}`);
    }
  });

  test('is renewed all over the window that the CA suggests', () => {
    const times = fleet({ suggested: window('59d', '61d') });
    assert.ok(share(times, 2 * dayMs) > 0.98);
    assert.ok(most(times, 2 * dayMs * 0.01) <= 50);
  });

  test('is renewed all over the first half of a maintenance window', () => {
    const times = fleet({ spec: { ...sundays, renewBefore: '720h' } });
    assert.ok(share(times, 2 * hourMs) > 0.98 && share(times, 2 * hourMs) <= 1);
    assert.ok(most(times, 2 * hourMs * 0.01) <= 50);
  });
});
