import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figures } from '../../../bench/fairness/figures.ts';

test('the figures of a round are the middle and the slowest but one of a hundred good names', () => {
  const ready = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual(figures({ ready_ms: ready }), [
    { metric: 'ready_ms_p50', unit: 'ms', value: 50 },
    { metric: 'ready_ms_p99', unit: 'ms', value: 99 },
  ]);
});
