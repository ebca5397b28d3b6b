import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oncePer } from '../../../src/runtime/index.ts';

test('what follows from an object is computed once for it, and anew for another that looks the same', () => {
  const asked: object[] = [];
  const half = oncePer((of: { readonly whole: number }) => {
    asked.push(of);
    return of.whole === 0 ? undefined : of.whole / 2;
  });
  const [four, nothing] = [{ whole: 4 }, { whole: 0 }];
  assert.deepEqual([half(four), half(nothing), half(four), half(nothing)], [2, undefined, 2, undefined]);
  assert.deepEqual(asked, [four, nothing]);
  half({ whole: 4 });
  assert.equal(asked.length, 3);
});
