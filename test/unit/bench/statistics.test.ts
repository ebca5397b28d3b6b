import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Round } from '../../bench/benchmark.ts';
import { median, quantile, summarize } from '../../bench/statistics.ts';

const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 });

describe('quantiles', () => {
  test('a quantile is the nearest rank: a value that was measured', () => {
    const measured = [40, 10, 30, 20];
    assert.equal(quantile(measured, 0.5), 20);
    assert.equal(quantile(measured, 0.51), 30);
    assert.equal(quantile(measured, 0.99), 40);
    assert.equal(quantile([7], 0.01), 7);
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) =>
        all.includes(quantile(all, share)),
      ),
    );
  });

  test('at least the share of all values, and no more than needed, is not above it', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
        const found = quantile(all, share);
        const below = all.filter((value) => value < found).length;
        const notAbove = all.filter((value) => value <= found).length;
        return notAbove >= share * all.length && below < share * all.length;
      }),
    );
  });

  test('the median of an even number of values lies between the two in the middle', () => {
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([5]), 5);
  });

  test('of no values there is none', () => {
    assert.throws(() => quantile([], 0.5), RangeError);
    assert.throws(() => median([]), RangeError);
  });
});

describe('a summary', () => {
  const round = (subject: string, number: number, value: number): Round => ({
    case: 'first',
    subject,
    round: number,
    samples: { ready: [value] },
  });
  const figures = ({ ready = [] }: Round['samples']) => [{ metric: 'ready_ms', unit: 'ms', value: ready[0] ?? 0 }];

  test('has one result for each subject over all its rounds, however they took turns', () => {
    const rounds = [round('ours', 1, 10), round('peer', 1, 5), round('ours', 2, 30.006), round('peer', 2, 7)];
    assert.deepEqual(summarize(rounds, figures), [
      { case: 'first', subject: 'ours', metric: 'ready_ms', unit: 'ms', median: 20, min: 10, max: 30.01, n: 2 },
      { case: 'first', subject: 'peer', metric: 'ready_ms', unit: 'ms', median: 6, min: 5, max: 7, n: 2 },
    ]);
  });

  test('of no rounds is empty', () => {
    assert.deepEqual(summarize([], figures), []);
  });
});
