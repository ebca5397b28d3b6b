import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Contents, differences, fingerprint, fingerprints } from '../../soak/contents.ts';

function contents(objects: Readonly<Record<string, readonly [version: string, row: unknown]>>): Contents {
  return new Map(Object.entries(objects).map(([key, [resourceVersion, row]]) => [key, { resourceVersion, row }]));
}

describe('the contents of a cache', () => {
  test('have one fingerprint, in whatever order objects and fields came', () => {
    const cached = contents({ a: ['1', { x: 1, y: { p: 1, q: 2 } }], b: ['2', []] });
    const fresh = contents({ b: ['2', []], a: ['1', { y: { q: 2, p: 1 }, x: 1 }] });
    assert.equal(fingerprint(cached), fingerprint(fresh));
  });

  for (const [what, other] of [
    ['a version', contents({ a: ['2', { x: 1 }] })],
    ['a row', contents({ a: ['1', { x: 2 }] })],
    ['the order of a list', contents({ a: ['1', { x: [2, 1] }] })],
    ['an object more', contents({ a: ['1', { x: 1 }], b: ['1', {}] })],
    ['an object less', contents({})],
  ] as const) {
    test(`have another fingerprint when ${what} differs`, () => {
      const own =
        what === 'the order of a list' ? contents({ a: ['1', { x: [1, 2] }] }) : contents({ a: ['1', { x: 1 }] });
      assert.notEqual(fingerprint(own), fingerprint(other));
    });
  }

  test('are told apart by a sentence for each object', () => {
    const cached = fingerprints(contents({ same: ['1', {}], stale: ['2', {}], gone: ['3', {}], odd: ['4', { x: 1 }] }));
    const fresh = fingerprints(
      contents({ same: ['1', {}], stale: ['9', {}], missed: ['5', {}], odd: ['4', { x: 2 }] }),
    );
    assert.deepEqual(differences(cached, fresh), [
      'gone is still there at 3',
      'missed is missing, it should be at 5',
      'odd has another row at 4',
      'stale is at 2, not at 9',
    ]);
    assert.deepEqual(differences(cached, fresh, 1), ['gone is still there at 3', 'and 3 more']);
  });
});
