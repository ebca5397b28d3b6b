import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Pace } from '../../../../src/controllers/route/pace.ts';
import { virtualClock } from '../../../kit/clock.ts';

/** Three at once, and one a second. */
function paced(): { pace: Pace; take: (...keys: string[]) => number[]; pass: (ms: number) => Promise<void> } {
  const clock = virtualClock();
  const pace = new Pace(clock, { atOnce: 3, everyMs: 1_000 });
  return {
    pace,
    take: (...keys) => keys.map((key) => pace.take(key)),
    pass: (ms) => clock.advance(ms),
  };
}

describe('a pace', () => {
  it('has so many turns at once, and then one after another in the order of asking', () => {
    const { take } = paced();
    assert.deepEqual(take('a', 'b', 'c', 'd', 'e', 'f'), [0, 0, 0, 1_000, 2_000, 3_000]);
  });

  it('keeps the turn of a key that asks again, before and after it has come', async () => {
    const { take, pass } = paced();
    take('a', 'b', 'c', 'd', 'e');
    assert.deepEqual(take('e', 'd', 'e'), [2_000, 1_000, 2_000]);
    await pass(1_500);
    assert.deepEqual(take('e', 'd', 'f'), [500, 0, 1_500]);
  });

  it('gives a key that has used its turn another one, behind those that wait', () => {
    const { take } = paced();
    assert.deepEqual(take('a', 'b', 'c', 'd', 'a'), [0, 0, 0, 1_000, 2_000]);
  });

  it('gives a key that has left another turn', async () => {
    const { pace, take, pass } = paced();
    take('a', 'b', 'c', 'd', 'e');
    pace.leave('d');
    await pass(1_500);
    assert.deepEqual(take('d', 'e'), [1_500, 500]);
  });

  it('saves no more turns than it has at once, however long nobody asked', async () => {
    const { take, pass } = paced();
    take('a', 'b', 'c');
    await pass(3_600_000);
    assert.deepEqual(take('a', 'b', 'c', 'd'), [0, 0, 0, 1_000]);
  });
});
