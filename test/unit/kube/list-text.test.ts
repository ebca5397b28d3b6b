import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { takeApart } from '../../../src/kube/list-text.ts';

describe('the text of a list', () => {
  test('comes apart into an empty list and the text of each item, wherever the items stand', () => {
    const item = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
    const metadata = fc.record({ resourceVersion: fc.string(), continue: fc.string() });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1 }), metadata, fc.boolean(), (items, meta, isCustom) => {
        const list = isCustom
          ? { apiVersion: 'a/v1', items, kind: 'AList', metadata: meta }
          : { kind: 'AList', apiVersion: 'v1', metadata: meta, items };
        const apart = takeApart(`${JSON.stringify(list)}\n`);
        assert.ok(apart);
        assert.deepEqual(JSON.parse(apart.envelope), JSON.parse(JSON.stringify({ ...list, items: [] })));
        const texts = [...apart.items];
        assert.deepEqual(
          texts,
          items.map((one) => JSON.stringify(one)),
        );
      }),
    );
  });

  test('of no items has none', () => {
    const apart = takeApart('{"kind":"AList","metadata":{},"items":[]}');
    assert.deepEqual([apart?.envelope, [...(apart?.items ?? [])]], ['{"kind":"AList","metadata":{},"items":[]}', []]);
  });

  for (const text of [
    '{"items":null}',
    '{"items":[{"a":1},]}',
    '{"items":[{"a":"}]}',
    '{"items": [{}]}',
    '{"items":[1]}',
    '',
  ]) {
    test(`is left whole where it is not what an API server writes: ${text}`, () => {
      assert.equal(takeApart(text), undefined);
    });
  }
});
