import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../kit/until.ts';
import type { Fault } from '../../kit/watched-objects.ts';
import { arrives, type World, world } from './list-watch-world.ts';

describe('the list-watch, when things break,', () => {
  for (const goneAs of ['status', 'event'] as const) {
    test(`lists anew when the watch is too old (410 as ${goneAs}), and finds what changed meanwhile`, async () => {
      await using at = await world({
        prepare: (objects) => {
          objects.put('stays', '1');
          objects.put('goes', '1');
          objects.put('changes', '1');
        },
      });
      await at.watching();
      at.objects.goneAs = goneAs;
      at.objects.endWatches();
      await until('the watch is closed', () => at.objects.openWatches === 0);
      at.objects.delete('goes');
      at.objects.put('changes', '2');
      at.objects.put('comes', '1');
      at.objects.compact();
      at.changes.length = 0;
      await at.resume();
      await at.resume();
      await at.watching();
      assert.deepEqual(at.rows(), ['changes=2', 'comes=1', 'stays=1']);
      assert.equal(at.lists(), 2);
      assert.deepEqual(at.changes.map(({ key }) => key).toSorted(), [
        'default/changes',
        'default/comes',
        'default/goes',
      ]);
    });
  }

  test('begins a list again when its continue token is too old', async () => {
    await using at = await world({
      prepare: (objects) => {
        for (let n = 0; n < 700; n += 1) objects.put(`item-${n}`, 'x');
        objects.faults.list.push((_request, response) => {
          response.end(
            JSON.stringify({
              kind: 'ConfigMapList',
              apiVersion: 'v1',
              metadata: { resourceVersion: '5', continue: '500:5' },
              items: [
                { metadata: { name: 'ghost', namespace: 'default', resourceVersion: '4' }, data: { value: 'x' } },
              ],
            }),
          );
        });
        objects.compact();
      },
    });
    await at.resume();
    await at.watching();
    assert.equal(at.cache.size, 700);
    assert.equal(at.cache.get('default/ghost'), undefined);
    assert.equal(at.lists(), 4);
  });

  const faults: readonly (readonly [string, (at: World) => Promise<void> | void])[] = [
    ['a reset connection', ({ objects }) => objects.server.reset()],
    [
      'an event that is cut off',
      ({ objects }) => (objects.write('{"type":"ADDED","object":{"metad'), objects.endWatches()),
    ],
    ['an event that is not JSON', ({ objects }) => objects.write('not json\n')],
    [
      'an event of unknown type',
      ({ objects }) => objects.write('{"type":"NEWS","object":{"metadata":{"resourceVersion":"1"}}}\n'),
    ],
    [
      'an error in the stream',
      ({ objects }) =>
        objects.write(
          '{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcdserver: request timed out"}}\n',
        ),
    ],
  ];
  for (const [fault, cause] of faults) {
    test(`survives ${fault}, and resumes where it was`, async () => {
      await using at = await world();
      await at.watching();
      await arrives(at, 'a', '1');
      await cause(at);
      await until('the watch is closed', () => at.objects.openWatches === 0);
      at.objects.put('missed', '1');
      assert.equal(await at.resume(), 800);
      await until('the missed one arrives', () => at.cache.size === 2);
      assert.equal(at.lists(), 1);
      assert.equal(at.log.lines.filter(({ level }) => level === 'warn').length, 1);
    });
  }

  test('survives a server that refuses connections, with growing pauses', async () => {
    await using at = await world({ prepare: (objects) => objects.put('a', '1') });
    await at.watching();
    await at.objects.server.refuse();
    const pauses = [await at.resume(), await at.resume(), await at.resume(), await at.resume()];
    assert.deepEqual(pauses, [800, 1_600, 3_200, 6_400]);
    await until('it pauses again', () => (at.clock.nextInMs ?? Infinity) < 60_000);
    await at.objects.server.listen();
    await at.resume();
    await at.watching();
    await arrives(at, 'b', '1');
    assert.equal(at.lists(), 1);
  });

  test('does not pause longer each time that a watch of a quiet kind is cut which had stood for a while', async () => {
    await using at = await world();
    const pauses: number[] = [];
    for (let cut = 0; cut < 4; cut += 1) {
      await at.watching();
      await at.clock.advance(10_000);
      at.objects.server.reset();
      await until('the watch is closed', () => at.objects.openWatches === 0);
      pauses.push(await at.resume());
    }
    await at.watching();
    assert.deepEqual(pauses, [800, 800, 800, 800]);
  });

  test('obeys Retry-After of a server that is overloaded', async () => {
    await using at = await world({
      prepare: (objects) => {
        objects.faults.list.push((_request, response) => response.writeHead(503, { 'retry-after': '20' }).end('no'));
      },
    });
    assert.equal(await at.resume(), 22_000);
    await at.watching();
  });

  test('opens a silent watch anew, which proves a server that has no bookmarks to send', async () => {
    await using at = await world();
    await at.watching();
    for (const name of ['first', 'second', 'third']) {
      await at.clock.advance(75_000);
      await until('the watch is closed', () => at.objects.openWatches === 0);
      at.objects.put(name, '1');
      assert.ok((await at.resume()) <= 250, 'it waited as after a failure');
      await until('the missed one arrives', () => at.cache.get(`default/${name}`) !== undefined);
      assert.equal(at.cache.silentMs(), 0);
    }
    await at.clock.advance(75_000);
    await until('the watch is closed', () => at.objects.openWatches === 0);
    await at.resume();
    await at.watching();
    await until('the opened watch counts as a sign', () => at.cache.silentMs() === 0);
    assert.equal(at.lists(), 1);
    assert.deepEqual(
      at.log.lines.filter(({ level }) => level === 'warn'),
      [],
    );
  });

  test('lists soon after a watch was too old, later and later where each watch is, and soon again after one that served', async () => {
    await using at = await world({ prepare: (objects) => objects.put('a', '1') });
    await at.watching();
    const tooOld: Fault = (_request, response) => {
      response.writeHead(410).end(JSON.stringify({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
    };
    const untilPaused = async (): Promise<number> => {
      at.objects.faults.watch.push(tooOld, tooOld, tooOld);
      at.objects.endWatches();
      await until('the watch is closed', () => at.objects.openWatches === 0);
      return at.resume(); // to the first watch that is too old
    };
    await untilPaused();
    assert.deepEqual([await at.resume(), await at.resume(), await at.resume()], [250, 1_600, 3_200]);
    await at.watching();
    await arrives(at, 'b', '1');
    await untilPaused();
    assert.equal(await at.resume(), 250);
    await at.resume();
    await at.resume();
    await at.watching();
    assert.equal(at.events.filter((event) => event === 'expired').length, 6);
    assert.equal(at.events.filter((event) => event === 'listed').length, 7);
  });

  test('obeys a server that says when to come back, of a watch too, in a header or in its Status', async () => {
    await using at = await world({
      prepare: (objects) => {
        objects.faults.watch.push(
          (_request, response) => response.writeHead(429, { 'retry-after': '10' }).end(),
          (_request, response) => {
            response.writeHead(503, { 'content-type': 'application/json' });
            response.end(JSON.stringify({ kind: 'Status', code: 503, details: { retryAfterSeconds: 20 } }));
          },
        );
      },
    });
    assert.deepEqual([await at.resume(), await at.resume()], [11_000, 22_000]);
    await at.watching();
    assert.equal(at.lists(), 1);
  });

  test('pauses by chance, so that those who failed together do not come back together', async () => {
    const pauses: number[] = [];
    for (const chance of [0, 0.5, 1]) {
      await using at = await world({
        random: () => chance,
        prepare: (objects) => void objects.faults.list.push((_request, response) => response.writeHead(500).end()),
      });
      pauses.push(await at.resume());
      await at.watching();
    }
    assert.deepEqual(pauses, [400, 600, 800]);
  });

  test('keeps what it has while a list anew breaks off, and takes away only what a whole one does not have', async () => {
    await using at = await world({
      prepare: (objects) => {
        for (let n = 0; n < 700; n += 1) objects.put(`item-${String(n).padStart(3, '0')}`, 'x');
      },
    });
    await at.watching();
    at.objects.delete('item-001');
    await until('it is gone', () => at.cache.size === 699);
    at.objects.endWatches();
    await until('the watch is closed', () => at.objects.openWatches === 0);
    at.objects.delete('item-000');
    at.objects.compact();
    at.objects.faults.list.push((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
      response.write('{"kind":"ConfigMapList","items":[');
      response.destroy();
    });
    await at.resume();
    await at.resume();
    await until('the list has failed', () => at.events.includes('failed'));
    assert.equal(at.cache.size, 699);
    assert.equal(at.cache.synced, true);
    await at.resume();
    await at.watching();
    assert.equal(at.cache.size, 698);
    assert.equal(at.cache.get('default/item-000'), undefined);
  });

  test('goes on over another connection when the server closes the one it had', async () => {
    await using at = await world({
      prepare: (objects) => {
        objects.faults.list.push((_request, response) => {
          response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
          response.end(JSON.stringify({ kind: 'ConfigMapList', metadata: { resourceVersion: '100' }, items: [] }));
        });
      },
    });
    await at.watching();
    await arrives(at, 'a', '1');
    assert.deepEqual(at.log.lines, []);
  });
});
