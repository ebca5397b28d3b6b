import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soak } from '../soak/soak.ts';

test('caches miss nothing and hold on to nothing while everything between them and the history breaks', async () => {
  // With this seed the API server is the first to be killed, and etcd the second.
  const { violations, faults, expectedEvents, last } = await soak({ durationMs: 1, roundMs: 10_000, seed: 1 });
  assert.deepEqual(violations, []);
  assert.ok((faults['API server killed'] ?? 0) > 0, JSON.stringify(faults));
  assert.ok(expectedEvents > 50, `${expectedEvents} events were expected`);
  assert.ok(last.changes > expectedEvents);
});
