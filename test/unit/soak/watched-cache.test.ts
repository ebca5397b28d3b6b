import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Cache, type Change, configMaps, type Source } from '../../../src/kube/index.ts';
import type { Versioned } from '../../soak/sources.ts';
import { WatchedCache } from '../../soak/watched-cache.ts';

const source: Source<Versioned> = {
  resource: configMaps,
  project: ({ metadata }) => version(metadata.resourceVersion ?? ''),
  indexes: { parity: ({ resourceVersion }) => [parityOf(resourceVersion)] },
};

function version(resourceVersion: string): Versioned {
  return { resourceVersion, row: resourceVersion };
}

function parityOf(resourceVersion: string): string {
  return Number(resourceVersion) % 2 === 0 ? 'even' : 'odd';
}

/** A cache that holds what it is told to, and tells what it is told to. */
function world() {
  const held = new Map<string, Versioned>();
  let tell: (change: Change<Versioned>) => void = () => undefined;
  const cache: Cache<Versioned> = Object.assign(Object.create(null) as Cache<Versioned>, {
    get: (key: string) => held.get(key),
    list: () => held.values(),
    by: (_: string, value: string) =>
      [...held.values()].filter(({ resourceVersion }) => parityOf(resourceVersion) === value),
    onChange: (listener: typeof tell) => {
      tell = listener;
    },
  });
  Object.defineProperty(cache, 'size', { get: () => held.size });
  const watched = new WatchedCache('configMaps', source, cache);
  return {
    held,
    cache,
    watched,
    tell: (key: string, before: string | undefined, after: string | undefined): void =>
      tell({
        key,
        before: before === undefined ? undefined : version(before),
        after: after === undefined ? undefined : version(after),
      }),
  };
}

describe('a watched cache', () => {
  test('is well while it holds what its changes make', () => {
    const { held, watched, tell } = world();
    for (const [key, value] of [
      ['a', '1'],
      ['b', '2'],
    ] as const) {
      held.set(key, version(value));
      tell(key, undefined, value);
    }
    held.set('a', version('3'));
    tell('a', '1', '3');
    held.delete('b');
    tell('b', '2', undefined);
    assert.deepEqual(watched.findings(), []);
    assert.equal(watched.changes, 4);
    assert.deepEqual([...watched.contents.keys()], ['a']);
  });

  for (const [what, wrong, finding] of [
    ['a change that was not told', ({ held }: ReturnType<typeof world>) => held.set('a', version('5')), /1 are others/],
    ['a deletion that was not told', ({ held }: ReturnType<typeof world>) => held.delete('a'), /it holds 0 objects/],
    [
      'a change whose before is not what the last one left',
      ({ held, tell }: ReturnType<typeof world>) => {
        held.set('a', version('7'));
        tell('a', '5', '7');
      },
      /a changed from 5, but the last change had left 3/,
    ],
    [
      'an object that goes back',
      ({ held, tell }: ReturnType<typeof world>) => {
        held.set('a', version('1'));
        tell('a', '3', '1');
      },
      /a went back from 3 to 1/,
    ],
    [
      'an index that has lost a row',
      ({ cache }: ReturnType<typeof world>) => Object.assign(cache, { by: () => [] }),
      /the index parity is wrong for 1 values, as odd/,
    ],
  ] as const) {
    test(`finds ${what}, and tells it once`, () => {
      const at = world();
      at.held.set('a', version('3'));
      at.tell('a', undefined, '3');
      wrong(at);
      const findings = at.watched.findings();
      assert.equal(findings.length, 1);
      assert.match(findings[0] ?? '', finding);
      assert.match(findings[0] ?? '', /^configMaps: /);
    });
  }

  test('finds an object that comes back older than it went', () => {
    const { held, watched, tell } = world();
    held.set('a', version('3'));
    tell('a', undefined, '3');
    tell('a', '3', undefined);
    held.set('a', version('1'));
    tell('a', undefined, '1');
    assert.deepEqual(watched.findings(), ['configMaps: a went back from 3 to 1']);
  });
});
