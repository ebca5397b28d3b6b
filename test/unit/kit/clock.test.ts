import assert from 'node:assert/strict';
import { test } from 'node:test';
import { virtualClock } from '../../kit/clock.ts';

test('a virtual clock moves on for a wait that is too short to be told from none', async () => {
  const clock = virtualClock();
  await clock.advance(11_045_137.9);
  const before = clock.monotonicMs();
  let ranAt: number | undefined;
  clock.after(1e-10, () => {
    ranAt = clock.monotonicMs();
  });
  await clock.advance(10);
  assert.ok(ranAt !== undefined && ranAt > before);
});
