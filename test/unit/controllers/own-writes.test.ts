import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OwnWrites } from '../../../src/controllers/own-writes.ts';

const row = (resourceVersion: string) => ({ resourceVersion });

describe('own writes', () => {
  test('are seen while the cache still shows what they replaced', () => {
    const writes = new OwnWrites();
    writes.note('a', '1', row('2'));
    assert.deepEqual(writes.newest('a', row('1')), row('2'));
  });

  test('are seen through several writes in a row, however far the cache lags', () => {
    const writes = new OwnWrites();
    writes.note('a', '1', row('2'));
    writes.note('a', '2', row('3'));
    assert.deepEqual(writes.newest('a', row('1')), row('3'));
    assert.deepEqual(writes.newest('a', row('2')), row('3'));
  });

  test("give way to anybody else's newer version, and for good", () => {
    const writes = new OwnWrites();
    writes.note('a', '1', row('2'));
    assert.deepEqual(writes.newest('a', row('5')), row('5'));
    assert.deepEqual(writes.newest('a', row('1')), row('1'));
  });

  test('of an object that was made are seen until the cache has it', () => {
    const writes = new OwnWrites();
    writes.note('a', undefined, row('1'));
    assert.deepEqual(writes.newest('a', undefined), row('1'));
    assert.deepEqual(writes.made(), ['a']);
    assert.deepEqual(writes.newest('a', row('1')), row('1'));
    assert.deepEqual(writes.made(), []);
  });
});
