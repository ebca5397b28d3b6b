import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kubeClient } from '../../../src/kube/connect.ts';
import { HttpTransport } from '../../../src/kube/http-transport.ts';
import { type Cache, type Change, configMaps, type KubeObject, listWatch } from '../../../src/kube/index.ts';
import { type VirtualClock, virtualClock } from '../../kit/clock.ts';
import { type RecordedLog, recordedLog } from '../../kit/log.ts';
import { until } from '../../kit/until.ts';
import { type WatchedObjects, watchedObjects } from '../../kit/watched-objects.ts';

interface Row {
  readonly name: string;
  readonly value: string;
}

function project(object: KubeObject): Row {
  const { metadata, data } = object as KubeObject & { data: { value: string } };
  if (data.value === 'unreadable') throw new Error('cannot read this');
  return { name: metadata.name, value: data.value };
}

interface World extends AsyncDisposable {
  readonly objects: WatchedObjects;
  readonly cache: Cache<Row>;
  readonly clock: VirtualClock;
  readonly log: RecordedLog;
  readonly changes: Change<Row>[];
  /** Sorted `name=value`. */
  readonly rows: () => string[];
  readonly watching: () => Promise<void>;
  /** Waits until the loop pauses, and ends the pause. */
  readonly resume: () => Promise<number>;
  readonly lists: () => number;
  readonly stop: () => Promise<void>;
}

async function world(prepare?: (objects: WatchedObjects) => void): Promise<World> {
  const objects = await watchedObjects();
  prepare?.(objects);
  const clock = virtualClock();
  const log = recordedLog();
  // Without pacing, which would let the client rest in real time.
  const client = kubeClient(new HttpTransport({ kubeconfig: objects.server.kubeconfig, userAgent: 'test' }));
  const changes: Change<Row>[] = [];
  const cache = listWatch(
    { client, clock, log, random: () => 1 },
    { resource: configMaps, namespace: 'default', project, indexes: { value: (row) => [row.value] } },
  );
  cache.onChange((change) => changes.push(change));
  const stopping = new AbortController();
  const running = cache.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort(new Error('stopped'));
    await running;
  };
  return {
    objects,
    cache,
    clock,
    log,
    changes,
    rows: () => [...cache.list()].map(({ name, value }) => `${name}=${value}`).toSorted(),
    watching: () => until('a watch is open', () => objects.openWatches === 1),
    async resume() {
      await until('the loop pauses', () => clock.pending === 1 && (clock.nextInMs ?? Infinity) < 60_000);
      const pauseMs = clock.nextInMs ?? 0;
      await clock.advance(pauseMs);
      return pauseMs;
    },
    lists: () => objects.server.requests.filter(({ url }) => url.searchParams.get('watch') !== 'true').length,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      assert.equal(clock.pending, 0, 'a timer was left behind');
      await client.close();
      await objects[Symbol.asyncDispose]();
    },
  };
}

/** Puts a mark and waits for it: everything before has then been taken in. */
async function arrives({ objects, cache }: World, name: string, value: string): Promise<void> {
  objects.put(name, value);
  await until(`${name} arrives`, () => cache.get(`default/${name}`)?.value === value);
}

describe('the list-watch', () => {
  test('reads a list in pages of 500, and is synced at its end', async () => {
    await using at = await world((objects) => {
      for (let n = 0; n < 1_203; n += 1) objects.put(`item-${String(n).padStart(4, '0')}`, 'x');
    });
    assert.equal(at.cache.synced, false);
    await at.cache.whenSynced(AbortSignal.timeout(10_000));
    assert.equal(at.cache.synced, true);
    assert.equal(at.cache.size, 1_203);
    assert.equal(at.lists(), 3);
    assert.deepEqual(at.objects.server.requests.map(({ url }) => url.searchParams.get('limit')).slice(0, 3), [
      '500',
      '500',
      '500',
    ]);
    assert.equal(at.changes.length, 1_203);
    await at.watching();
  });

  test('takes in what is added, changed and deleted, and tells the row before and after', async () => {
    await using at = await world((objects) => objects.put('a', '1'));
    await at.watching();
    at.objects.put('a', '2');
    at.objects.put('b', '1');
    at.objects.delete('a');
    await arrives(at, 'c', '1');
    assert.deepEqual(at.rows(), ['b=1', 'c=1']);
    assert.deepEqual(
      at.changes.map(({ key, before, after }) => [key, before?.value, after?.value]),
      [
        ['default/a', undefined, '1'],
        ['default/a', '1', '2'],
        ['default/b', undefined, '1'],
        ['default/a', '2', undefined],
        ['default/c', undefined, '1'],
      ],
    );
  });

  test('keeps its indexes with the rows', async () => {
    await using at = await world((objects) => objects.put('a', 'red'));
    await at.watching();
    await arrives(at, 'b', 'red');
    assert.deepEqual(
      at.cache
        .by('value', 'red')
        .map(({ name }) => name)
        .toSorted(),
      ['a', 'b'],
    );
    await arrives(at, 'a', 'blue');
    at.objects.delete('b');
    await arrives(at, 'c', 'green');
    assert.deepEqual(at.cache.by('value', 'red'), []);
    assert.deepEqual(
      at.cache.by('value', 'blue').map(({ name }) => name),
      ['a'],
    );
    assert.throws(() => at.cache.by('colour', 'red'), /no index 'colour'/);
  });

  test('gives frozen rows', async () => {
    await using at = await world((objects) => objects.put('a', '1'));
    await at.watching();
    assert.ok(Object.isFrozen(at.cache.get('default/a')));
  });

  test('resumes after the server ended the watch, without a list', async () => {
    await using at = await world();
    await at.watching();
    await arrives(at, 'a', '1');
    at.objects.endWatches();
    await until('the watch is closed', () => at.objects.openWatches === 0);
    at.objects.put('missed', '1');
    await at.resume();
    await until('the missed one arrives', () => at.cache.size === 2);
    assert.equal(at.lists(), 1);
    assert.deepEqual(at.log.lines, []);
  });

  test('resumes at the last bookmark', async () => {
    await using at = await world();
    await at.watching();
    for (let n = 0; n < 5; n += 1) at.objects.put('noise', String(n));
    at.objects.bookmark();
    await arrives(at, 'a', '1');
    at.objects.bookmark();
    at.objects.endWatches();
    await at.resume();
    await at.watching();
    assert.equal(at.objects.server.requests.at(-1)?.url.searchParams.get('resourceVersion'), '106');
    assert.equal(at.objects.server.requests.at(-1)?.url.searchParams.get('allowWatchBookmarks'), 'true');
  });

  for (const goneAs of ['status', 'event'] as const) {
    test(`lists anew when the watch is too old (410 as ${goneAs}), and finds what changed meanwhile`, async () => {
      await using at = await world((objects) => {
        objects.put('stays', '1');
        objects.put('goes', '1');
        objects.put('changes', '1');
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
    await using at = await world((objects) => {
      for (let n = 0; n < 700; n += 1) objects.put(`item-${n}`, 'x');
      objects.faults.list.push((_request, response) => {
        response.end(
          JSON.stringify({
            kind: 'ConfigMapList',
            apiVersion: 'v1',
            metadata: { resourceVersion: '5', continue: '500:5' },
            items: [{ metadata: { name: 'ghost', namespace: 'default', resourceVersion: '4' }, data: { value: 'x' } }],
          }),
        );
      });
      objects.compact();
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
    await using at = await world((objects) => objects.put('a', '1'));
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

  test('obeys Retry-After of a server that is overloaded', async () => {
    await using at = await world((objects) => {
      objects.faults.list.push((_request, response) => response.writeHead(503, { 'retry-after': '20' }).end('no'));
    });
    assert.equal(await at.resume(), 22_000);
    await at.watching();
  });

  test('cuts events at their bytes, wherever a chunk ends', async () => {
    await using at = await world();
    await at.watching();
    const object = {
      metadata: { name: 'bytes', namespace: 'default', resourceVersion: '900' },
      data: { value: 'häß€𝄞' },
    };
    const bytes = Buffer.from(`${JSON.stringify({ type: 'ADDED', object })}\n`);
    for (const byte of bytes) {
      at.objects.write(Buffer.from([byte]));
      await at.clock.settle();
    }
    await until('it arrives', () => at.cache.size === 1);
    assert.deepEqual(at.rows(), ['bytes=häß€𝄞']);
  });

  test('goes on when a listener throws, and logs it', async () => {
    await using at = await world();
    await at.watching();
    at.cache.onChange(() => {
      throw new Error('listener is broken');
    });
    await arrives(at, 'a', '1');
    await arrives(at, 'b', '1');
    assert.equal(at.log.lines.filter(({ message }) => message === 'listener failed').length, 2);
  });

  test('leaves a row as it was when its object cannot be read, and logs it', async () => {
    await using at = await world((objects) => objects.put('a', '1'));
    await at.watching();
    at.objects.put('a', 'unreadable');
    await arrives(at, 'b', '1');
    assert.deepEqual(at.rows(), ['a=1', 'b=1']);
    assert.equal(at.log.lines.filter(({ level }) => level === 'error').length, 1);
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

  test('counts its silence from the last page, opened watch, event or bookmark', async () => {
    await using at = await world();
    await at.watching();
    await at.clock.advance(40_000);
    assert.equal(at.cache.silentMs(), 40_000);
    at.objects.bookmark();
    await until('the bookmark arrives', () => at.cache.silentMs() === 0);
    await at.clock.advance(60_000);
    assert.equal(at.cache.silentMs(), 60_000);
    assert.equal(at.clock.nextInMs, 15_000, 'the bookmark did not put off the idle deadline');
  });

  test('ends at once when aborted, and tells who waits for its list', async () => {
    await using at = await world((objects) => objects.faults.list.push(() => undefined));
    const waiting = new AbortController();
    const synced = assert.rejects(at.cache.whenSynced(waiting.signal), /shutting down/);
    await until('the list is asked for', () => at.lists() === 1);
    waiting.abort(new Error('shutting down'));
    await synced;
    await at.stop();
    assert.equal(at.cache.synced, false);
    assert.deepEqual(at.log.lines, []);
  });
});
