import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Shared } from '../../../src/acme/shared.ts';

describe('a shared value', () => {
  test('is fetched once for all who ask at the same time, and kept for its time', async (t) => {
    let now = 0;
    let fetches = 0;
    t.mock.method(performance, 'now', () => now);
    const shared = new Shared(async () => Promise.resolve((fetches += 1)), 1_000);
    assert.deepEqual(await Promise.all([shared.get(undefined), shared.get(undefined)]), [1, 1]);
    now = 999;
    assert.equal(await shared.get(undefined), 1);
    now = 1_000;
    assert.deepEqual(await Promise.all([shared.get(undefined), shared.get(undefined)]), [2, 2]);
  });

  test('that is kept for no time is fetched again by the next who asks', async () => {
    let fetches = 0;
    const shared = new Shared(async () => Promise.resolve((fetches += 1)), 0);
    assert.deepEqual(await Promise.all([shared.get(undefined), shared.get(undefined)]), [1, 1]);
    assert.equal(await shared.get(undefined), 2);
  });

  test('that could not be fetched fails all who wait and is fetched again', async () => {
    let fetches = 0;
    const shared = new Shared(async () => {
      fetches += 1;
      return fetches === 1 ? Promise.reject(new Error('down')) : Promise.resolve('up');
    }, 1_000);
    const both = await Promise.allSettled([shared.get(undefined), shared.get(undefined)]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(await shared.get(undefined), 'up');
    assert.equal(fetches, 2);
  });
});
