import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Random } from '../../kit/random.ts';

const drawn = (seed: number, count: number): number[] => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('seeded numbers', () => {
  test('are the same for the same seed, and others for the next', () => {
    assert.deepEqual(drawn(1, 20), drawn(1, 20));
    assert.notDeepEqual(drawn(1, 20), drawn(2, 20));
  });

  test('lie between 0 and 1 and are spread evenly', () => {
    const numbers = drawn(3, 10_000);
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    const tenths = Array.from(
      { length: 10 },
      (_, n) => numbers.filter((number) => Math.floor(number * 10) === n).length,
    );
    assert.ok(
      tenths.every((count) => count > 900 && count < 1_100),
      tenths.join(' '),
    );
  });

  test('choose one of a list, never of an empty one', () => {
    const random = new Random(4);
    const picked = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])));
    assert.deepEqual([...picked].toSorted(), ['a', 'b', 'c']);
    assert.throws(() => random.pick([]), /nothing to pick/);
  });
});
