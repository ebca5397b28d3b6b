import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { within } from '../../kit/until.ts';

describe('waiting until something holds', () => {
  test('ends as soon as it does', async () => {
    let asked = 0;
    await within(10_000, 'it was asked thrice', async () => {
      asked += 1;
      return asked === 3;
    });
    assert.equal(asked, 3);
  });

  test('ends with a sentence when it does not in time', async () => {
    await assert.rejects(
      within(0, 'pigs fly', () => false),
      /waited 0 s in vain until pigs fly/,
    );
  });
});
