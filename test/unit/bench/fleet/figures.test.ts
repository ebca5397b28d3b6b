import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figures, samplesOf } from '../../../bench/fleet/figures.ts';

test('the figures of a fleet are its middle and last, the pace from the first to the last, and counts', () => {
  const samples = samplesOf({
    replacedMs: [10_000, 40_000, 70_000],
    servedMs: 71_000,
    orders: 4,
    handshakes: 500,
    failedHandshakes: 0,
    writes: 12,
  });
  const told = figures(samples).map(({ metric, value }) => [metric, value]);
  assert.deepEqual(told, [
    ['replaced_ms_p50', 40_000],
    ['replaced_ms_max', 70_000],
    ['served_ms', 71_000],
    ['orders', 4],
    ['certificates_per_minute', 2],
    ['handshakes', 500],
    ['failed_handshakes', 0],
    ['api_writes', 4],
  ]);
});
