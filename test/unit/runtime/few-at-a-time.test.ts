import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fewAtATime } from '../../../src/runtime/index.ts';

describe('a few at a time', () => {
  test('all are done, never more at once than told, and the results stand in their sequence', async () => {
    let running = 0;
    let mostRunning = 0;
    const items = Array.from({ length: 100 }, (_, index) => index);
    const results = await fewAtATime(items, 5, async (item) => {
      running += 1;
      mostRunning = Math.max(mostRunning, running);
      for (let turn = 0; turn <= item % 3; turn += 1) await Promise.resolve();
      running -= 1;
      return item * 2;
    });
    assert.deepEqual(
      results,
      items.map((item) => item * 2),
    );
    assert.equal(mostRunning, 5);
  });

  test('none is begun after one has failed', async () => {
    const begun: number[] = [];
    const going = fewAtATime([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      await Promise.resolve();
      if (item === 2) throw new Error('two');
    });
    await assert.rejects(going, /two/);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    assert.ok(!begun.includes(4), String(begun));
  });

  test('nothing is nothing', async () => {
    assert.deepEqual(await fewAtATime([], 5, async () => assert.fail('called')), []);
  });
});
