import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Turns } from '../../../src/pki/turns.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  test('are taken by two at once, then one as another ends, in the order they came', async () => {
    const turns = new Turns(2);
    const began: number[] = [];
    const ends: (() => void)[] = [];
    const all = [0, 1, 2, 3].map((n) =>
      turns.take(async () => {
        began.push(n);
        await new Promise<void>((resolve) => ends.push(resolve));
        return n;
      }),
    );
    await turn();
    assert.deepEqual(began, [0, 1]);
    ends[1]?.();
    await turn();
    assert.deepEqual(began, [0, 1, 2]);
    ends[0]?.();
    ends[2]?.();
    await turn();
    ends[3]?.();
    assert.deepEqual(await Promise.all(all), [0, 1, 2, 3]);
  });

  test('are free again after a failure', async () => {
    const turns = new Turns(1);
    await assert.rejects(
      turns.take(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await turns.take(() => Promise.resolve('yes')), 'yes');
  });
});
