import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { spread } from '../../../../src/controllers/certificate/spread.ts';

describe('spread', () => {
  test('lies in [-1, 1) and uses all of it', () => {
    const values = Array.from({ length: 1_000 }, (_, one) => spread(`certificate-${one}`));
    assert.ok(values.every((value) => value >= -1 && value < 1));
    for (const [low, high] of [
      [-1, -0.5],
      [-0.5, 0],
      [0, 0.5],
      [0.5, 1],
    ] as const) {
      assert.ok(values.filter((value) => value >= low && value < high).length > 150);
    }
  });
});
