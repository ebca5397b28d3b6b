import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../kit/until.ts';
import { arrives, world } from './list-watch-world.ts';

describe('the list-watch', () => {
  test('reads a list in pages of 500, and is synced at its end', async () => {
    await using at = await world({
      prepare: (objects) => {
        for (let n = 0; n < 1_203; n += 1) objects.put(`item-${String(n).padStart(4, '0')}`, 'x');
      },
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
    await using at = await world({ prepare: (objects) => objects.put('a', '1') });
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
    await using at = await world({ prepare: (objects) => objects.put('a', 'red') });
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
    await using at = await world({ prepare: (objects) => objects.put('a', '1') });
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

  test('goes on when a listener throws, and logs and counts it', async () => {
    await using at = await world();
    await at.watching();
    at.cache.onChange(() => {
      throw new Error('listener is broken');
    });
    await arrives(at, 'a', '1');
    await arrives(at, 'b', '1');
    assert.equal(at.log.lines.filter(({ message }) => message === 'listener failed').length, 2);
    assert.deepEqual(at.events, ['listed', 'watched', 'listenerFailed', 'added', 'listenerFailed', 'added']);
  });

  test('asks for what its selectors choose, in each list and each watch', async () => {
    const selection = { labelSelector: 'colour=red', fieldSelector: 'metadata.name!=blue' };
    await using at = await world({ selection });
    await at.watching();
    const asked = at.objects.server.requests.map(({ url }) => [
      url.searchParams.get('watch'),
      url.searchParams.get('labelSelector'),
      url.searchParams.get('fieldSelector'),
    ]);
    assert.deepEqual(asked, [
      [null, 'colour=red', 'metadata.name!=blue'],
      ['true', 'colour=red', 'metadata.name!=blue'],
    ]);
  });

  test('lets others have the event loop while it takes in a page', async () => {
    await using at = await world({
      prepare: (objects) => {
        for (let n = 0; n < 300; n += 1) objects.put(`item-${n}`, 'slow');
      },
    });
    let turns = 0;
    let isCounting = true;
    const count = (): void => {
      turns += 1;
      if (isCounting) setImmediate(count);
    };
    at.cache.onChange(({ key }) => {
      if (key === 'default/item-0') count(); // the first of them
      const ends = performance.now() + 1;
      while (performance.now() < ends);
    });
    await at.cache.whenSynced(AbortSignal.timeout(10_000));
    isCounting = false;
    assert.ok(turns >= 10, `others had ${turns} turns in 300 ms of work`);
  });

  test('leaves a row as it was when its object cannot be read, and logs and counts it', async () => {
    await using at = await world({ prepare: (objects) => objects.put('a', '1') });
    await at.watching();
    at.objects.put('a', 'unreadable');
    await arrives(at, 'b', '1');
    assert.deepEqual(at.rows(), ['a=1', 'b=1']);
    assert.equal(at.log.lines.filter(({ level }) => level === 'error').length, 1);
    assert.deepEqual(at.events, ['listed', 'watched', 'notUnderstood', 'modified', 'added']);
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
    await using at = await world({ prepare: (objects) => void objects.faults.list.push(() => undefined) });
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
