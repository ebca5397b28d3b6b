import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { WorkQueue } from '../../../src/runtime/index.ts';
import { virtualClock } from '../../kit/clock.ts';

/** A queue, and a taker that is given `take(n)` keys at a time and hands each back at once. */
function world() {
  const clock = virtualClock();
  const queue = new WorkQueue({ clock, random: () => 1 });
  const stop = new AbortController();
  const keys = queue.take(stop.signal);
  const take = async (count: number): Promise<string[]> => {
    const taken: string[] = [];
    while (taken.length < count) {
      const next = await keys.next();
      assert.ok(next.done !== true);
      queue.done(next.value);
      taken.push(next.value);
    }
    return taken;
  };
  return { clock, queue, take, stop };
}

const named = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${prefix}-${n}`);

describe('the lanes of the work queue', () => {
  test('a namespace with 10,000 ready keys delays the one key of another by a single pass', async () => {
    const { queue, take } = world();
    for (const key of named('big/cert', 10_000)) queue.add(key);
    await take(100);
    queue.add('small/cert');
    assert.deepEqual(await take(3), ['big/cert-100', 'small/cert', 'big/cert-101']);
  });

  test('no key waits for more than one of each other namespace per key of its own before it, whatever was added', async () => {
    const key = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(30)).map(([namespace, n]) => `${namespace}/${n}`);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 80 }), async (keys) => {
        const { queue, take } = world();
        for (const each of keys) queue.add(each);
        const taken = await take(keys.length);
        assert.deepEqual(taken.toSorted(), keys.toSorted());
        const namespaceOf = (each: string): string => each.slice(0, 1);
        const namespaces = new Set(keys.map(namespaceOf)).size;
        for (const each of keys) {
          const before = keys.slice(0, keys.indexOf(each)).filter((other) => namespaceOf(other) === namespaceOf(each));
          assert.ok(taken.indexOf(each) < (before.length + 1) * namespaces, `${each} waited for more than its rounds`);
        }
      }),
    );
  });

  test('a promise that came true goes before a whole fleet that changed', async () => {
    const { clock, queue, take } = world();
    const first = take(1);
    for (const key of named('fleet/cert', 100_000)) queue.add(key);
    queue.addAfter('fleet/order', 1_000);
    queue.retry('fleet/retry');
    await clock.advance(1_000);
    assert.deepEqual(await first, ['fleet/cert-0']);
    assert.deepEqual((await take(2)).toSorted(), ['fleet/order', 'fleet/retry']);
  });

  test('a key that waits among those that changed is given as soon as its own promise comes true, and once', async () => {
    const { clock, queue, take, stop } = world();
    await clock.settle();
    const first = take(1);
    await clock.settle();
    queue.addAfter('ns/poll', 1_000);
    for (const key of named('ns/cert', 10)) queue.add(key);
    queue.add('ns/poll');
    await clock.advance(1_000);
    await first;
    assert.deepEqual(await take(1), ['ns/poll']);
    assert.deepEqual(await take(9), named('ns/cert', 10).slice(1));
    assert.equal(queue.backlog().ready + queue.backlog().later, 0);
    stop.abort();
  });

  test('the pass that a change causes answers the promise for later as well', async () => {
    const { clock, queue, take } = world();
    queue.addAfter('ns/a', 5_000);
    queue.add('ns/a');
    assert.deepEqual(await take(1), ['ns/a']);
    const next = take(1);
    await clock.advance(10_000);
    queue.add('ns/b');
    assert.deepEqual(await next, ['ns/b']);
  });

  test('neither lane starves: of five keys one is of those that changed, as long as there are both', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), async (dues, changes) => {
        const { queue, take } = world();
        for (const key of named('due/cert', dues)) queue.addAfter(key, 0);
        for (const key of named('changed/cert', changes)) queue.add(key);
        const taken = await take(dues + changes);
        const lanes = taken.map((key) => key.slice(0, 3)).join(' ');
        assert.ok(!lanes.includes('due due due due due cha'), 'a change waited for five promises');
        assert.ok(!/cha cha .*due/.test(lanes), 'a promise waited for two changes');
      }),
    );
  });

  test('what a pass wants again while it runs keeps its lane, the earlier of two', async () => {
    const { clock, queue, stop } = world();
    const other = queue.take(stop.signal);
    const given = other.next();
    queue.add('ns/a');
    await given;
    queue.add('ns/a');
    queue.addAfter('ns/a', 0);
    queue.add('ns/a');
    for (const key of named('ns/cert', 3)) queue.add(key);
    queue.done('ns/a');
    assert.equal((await other.next()).value, 'ns/a');
    stop.abort();
    await clock.settle();
  });
});

describe('the backlog of the work queue', () => {
  test('tells what waits for a taker apart from what is promised for later', async () => {
    const { clock, queue, stop } = world();
    const taker = queue.take(stop.signal);
    const working = taker.next();
    for (const key of ['ns/working', 'ns/ready', 'other/ready']) queue.add(key);
    queue.addAfter('ns/later', 60_000);
    await working;
    queue.add('ns/working');
    assert.deepEqual(queue.backlog(), { ready: 3, later: 1, longestWaitMs: 0 });
    await clock.advance(7_000);
    queue.add('ns/fresh');
    assert.deepEqual(queue.backlog(), { ready: 4, later: 1, longestWaitMs: 7_000 });
    stop.abort();
    await clock.settle();
  });

  test('is empty while nobody takes, and counts waits from when somebody does', async () => {
    const clock = virtualClock();
    const queue = new WorkQueue({ clock });
    queue.add('ns/a');
    queue.add('ns/b');
    await clock.advance(3_600_000);
    assert.deepEqual(queue.backlog(), { ready: 0, later: 0, longestWaitMs: 0 });
    const stop = new AbortController();
    const keys = queue.take(stop.signal);
    await keys.next();
    await clock.advance(2_000);
    assert.deepEqual(queue.backlog(), { ready: 1, later: 0, longestWaitMs: 2_000 });
    stop.abort();
    await keys.next();
    assert.deepEqual(queue.backlog(), { ready: 0, later: 0, longestWaitMs: 0 });
  });
});
