import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cases } from '../../../bench/failover/cases.ts';
import { figures, samplesOf } from '../../../bench/failover/figures.ts';

test('the figures of a failover are what was measured, with its units', () => {
  assert.deepEqual(figures(samplesOf({ takeoverMs: 950, firstWriteMs: 1_800, staleWrites: 0 })), [
    { metric: 'takeover_ms', unit: 'ms', value: 950 },
    { metric: 'first_write_ms', unit: 'ms', value: 1_800 },
    { metric: 'stale_writes', unit: '1', value: 0 },
  ]);
});

test('no failover warms up: each begins with two operators that are ready', () => {
  assert.deepEqual(
    cases.map(({ name, cold }) => [name, cold]),
    [
      ['graceful', true],
      ['crash', true],
      ['frozen', true],
    ],
  );
});
