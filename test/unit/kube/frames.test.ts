import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Frames } from '../../../src/kube/frames.ts';

test('a stream gives the same lines wherever its chunks end', () => {
  const line = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\n'));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
        (left, right) => left - right,
      );
      const frames = new Frames();
      const seen: string[] = [];
      let start = 0;
      for (const end of ends) {
        seen.push(...frames.push(bytes.subarray(start, end)));
        start = end;
      }
      assert.deepEqual(seen, lines);
      assert.equal(frames.partial, false);
    }),
  );
});

test('a stream that ends in the middle of a line says so', () => {
  const frames = new Frames();
  assert.deepEqual([...frames.push(Buffer.from('one\ntw'))], ['one']);
  assert.equal(frames.partial, true);
});
