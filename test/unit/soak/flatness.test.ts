import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { trendOf } from '../../soak/flatness.ts';

const minute = 60_000;

describe('the trend of memory', () => {
  test('is the slope over time, and what it comes to in all', () => {
    const samples = [0, 1, 2, 3].map((n) => ({ ms: n * minute, bytes: 1_000 + n * 50 }));
    assert.deepEqual(trendOf(samples), { firstBytes: 1_000, lastBytes: 1_150, bytesPerHour: 3_000, growthBytes: 150 });
  });

  test('is not moved by one odd sample, be it the last', () => {
    const samples = [0, 1, 2, 3, 4].map((n) => ({ ms: n * minute, bytes: n === 4 ? 9_000 : 1_000 }));
    assert.equal(trendOf(samples).growthBytes, 0);
  });

  test('is negative when memory shrinks', () => {
    const samples = [
      { ms: 0, bytes: 500 },
      { ms: minute, bytes: 400 },
    ];
    assert.equal(trendOf(samples).growthBytes, -100);
  });

  test('takes two samples', () => {
    assert.throws(() => trendOf([{ ms: 0, bytes: 1 }]), /two samples at least/);
  });
});
