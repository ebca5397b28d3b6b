import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { WorkQueue } from '../../../src/runtime/index.ts';
import { type VirtualClock, virtualClock } from '../../kit/clock.ts';

/** Takes keys as they come and keeps them until they are given back. */
function taker(
  queue: WorkQueue,
  signal: AbortSignal,
): { readonly taken: string[]; readonly ended: Promise<void>; readonly free: () => void } {
  const taken: string[] = [];
  let free = Promise.withResolvers<undefined>();
  const ended = (async () => {
    for await (const key of queue.take(signal)) {
      taken.push(key);
      await free.promise;
      free = Promise.withResolvers();
    }
  })();
  return { taken, ended, free: () => free.resolve(undefined) };
}

function world(random?: () => number): {
  clock: VirtualClock;
  queue: WorkQueue;
  stop: AbortController;
  readonly takes: () => string[];
} {
  const clock = virtualClock();
  const queue = new WorkQueue({ clock, ...(random === undefined ? {} : { random }) });
  const stop = new AbortController();
  const log: string[] = [];
  void (async () => {
    for await (const key of queue.take(stop.signal)) log.push(key);
  })();
  return { clock, queue, stop, takes: () => log.splice(0) };
}

describe('the work queue', () => {
  test('takes many keys in in turns, so that others have theirs before the last', async () => {
    const { queue, stop } = world();
    const others = Promise.withResolvers<undefined>();
    let isTheirs = false;
    setImmediate(() => {
      isTheirs = true;
      others.resolve(undefined);
    });
    let added = 0;
    function* rows(): Generator<{ readonly key: string }, void, void> {
      for (; added < 5_000_000; added += 1) {
        if (isTheirs) return;
        yield { key: `web/${added % 1_000}` };
      }
    }
    queue.addAll(rows());
    await others.promise;
    assert.ok(added < 5_000_000, 'all were added in one turn');
    stop.abort();
  });

  test('gives each key once, first come first served', async () => {
    const { clock, queue, takes } = world();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    await clock.settle();
    assert.deepEqual(takes(), ['a', 'b', 'c']);
  });

  test('gives a key that was added while worked on again, but only when that is done', async () => {
    const { clock, queue, takes } = world();
    queue.add('a');
    await clock.settle();
    queue.add('a');
    queue.add('a');
    await clock.settle();
    assert.deepEqual(takes(), ['a']);
    queue.done('a');
    await clock.settle();
    assert.deepEqual(takes(), ['a']);
    queue.done('a');
    await clock.settle();
    assert.deepEqual(takes(), []);
  });

  test('lets the earliest wish win, whichever came first', async () => {
    const { clock, queue, takes } = world();
    queue.addAfter('a', 10_000);
    queue.addAfter('a', 1_000);
    queue.addAfter('b', 1_000);
    queue.addAfter('b', 10_000);
    queue.addAfter('c', 10_000);
    queue.add('c');
    await clock.settle();
    assert.deepEqual(takes(), ['c']);
    queue.done('c');
    await clock.advance(1_000);
    assert.deepEqual(takes().sort(), ['a', 'b']);
    queue.done('a');
    queue.done('b');
    await clock.advance(60_000);
    assert.deepEqual(takes(), []);
  });

  test('gives delayed keys in the order they are due, with any of them moved or taken out', async () => {
    const delay = fc.integer({ min: 1, max: 50_000 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(delay, { minLength: 1, maxLength: 60 }),
        fc.array(fc.tuple(fc.nat(59), delay)),
        async (delays, moves) => {
          const { clock, queue, stop, takes } = world();
          const due = new Map(delays.map((ms, n) => [`key-${n}`, ms]));
          for (const [key, ms] of due) queue.addAfter(key, ms);
          for (const [n, ms] of moves) {
            const key = `key-${n % delays.length}`;
            const before = due.get(key) ?? 0;
            if (ms % 5 === 0) queue.add(key);
            else queue.addAfter(key, ms);
            due.set(key, ms % 5 === 0 ? 0 : Math.min(before, ms));
          }
          await clock.advance(50_000);
          const taken = takes().map((key) => due.get(key) ?? Number.NaN);
          assert.deepEqual(
            taken,
            [...due.values()].toSorted((left, right) => left - right),
          );
          stop.abort();
          await clock.settle();
        },
      ),
      { numRuns: 50 },
    );
  });

  test('keeps a delay of days', async () => {
    const { clock, queue, takes } = world();
    const days3 = 3 * 86_400_000;
    queue.addAfter('a', days3);
    await clock.advance(days3 - 1);
    assert.deepEqual(takes(), []);
    await clock.advance(1);
    assert.deepEqual(takes(), ['a']);
  });

  test('wakes within a minute to what is due by date after the machine slept', async () => {
    const { clock, queue, takes } = world();
    queue.addAfter('a', 86_400_000);
    await clock.settle();
    clock.setWall(new Date(clock.now().getTime() + 2 * 86_400_000));
    await clock.advance(60_000);
    assert.deepEqual(takes(), ['a']);
  });

  test('is not held up by a wall clock that is set back', async () => {
    const { clock, queue, takes } = world();
    queue.addAfter('a', 5_000);
    clock.setWall(new Date(clock.now().getTime() - 86_400_000));
    await clock.advance(5_000);
    assert.deepEqual(takes(), ['a']);
  });

  test('backs off longer with each retry, up to 5 minutes, and anew after forget', async () => {
    const { clock, queue, takes } = world(() => 1);
    const waits: number[] = [];
    const nextWait = async (): Promise<number> => {
      queue.retry('a');
      const started = clock.monotonicMs();
      while (takes().length === 0) await clock.advance(Math.max(1, clock.nextInMs ?? 1));
      queue.done('a');
      return clock.monotonicMs() - started;
    };
    for (let failure = 0; failure < 14; failure += 1) waits.push(await nextWait());
    assert.deepEqual(waits.slice(0, 4), [100, 200, 400, 800]);
    assert.equal(waits.at(-1), 300_000);
    queue.forget('a');
    assert.equal(await nextWait(), 100);
  });

  test('never retries before Retry-After', async () => {
    const { clock, queue, takes } = world(() => 0);
    queue.retry('a', 3_600_000);
    await clock.advance(3_599_999);
    assert.deepEqual(takes(), []);
    await clock.advance(1);
    assert.deepEqual(takes(), ['a']);
  });

  test('ends its takers when aborted, keeps what waits, and leaves no timer', async () => {
    const { clock, queue, stop, takes } = world();
    queue.addAfter('later', 1_000);
    await clock.settle();
    assert.equal(clock.pending, 1);
    stop.abort();
    await clock.settle();
    assert.equal(clock.pending, 0);
    queue.add('now');
    await clock.advance(10_000);
    assert.deepEqual(takes(), []);
    const next = taker(queue, new AbortController().signal);
    await clock.settle();
    next.free();
    await clock.advance(0);
    assert.deepEqual(next.taken, ['now', 'later']);
  });

  test('hands a key to another taker when the one it woke is gone', async () => {
    const clock = virtualClock();
    const queue = new WorkQueue({ clock });
    const [leaving, staying] = [new AbortController(), new AbortController()];
    const first = taker(queue, leaving.signal);
    const second = taker(queue, staying.signal);
    await clock.settle();
    queue.add('a');
    leaving.abort();
    await clock.settle();
    assert.deepEqual([first.taken, second.taken], [[], ['a']]);
    staying.abort();
    second.free();
    await Promise.all([first.ended, second.ended]);
  });

  test('drops no wish and gives no key twice at once, whatever happens in whatever order', async () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key }),
      fc.record({ do: fc.constant('addAfter' as const), key, ms: fc.integer({ min: 0, max: 200_000 }) }),
      fc.record({ do: fc.constant('retry' as const), key, ms: fc.integer({ min: 0, max: 5_000 }) }),
      fc.record({ do: fc.constant('forget' as const), key }),
      fc.record({ do: fc.constant('done' as const), key }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 120_000 }) }),
      fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: -3_600_000, max: 60_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { clock, queue, stop, takes } = world();
        const working = new Set<string>();
        /** By key: the latest time at which a pass that answers all wishes so far must have begun. */
        const wished = new Map<string, number>();
        const collect = (): void => {
          for (const taken of takes()) {
            assert.ok(!working.has(taken), `${taken} was given twice at once`);
            assert.ok(wished.delete(taken), `${taken} was given without a wish`);
            working.add(taken);
          }
        };
        const wish = (name: string, ms: number): void => {
          wished.set(name, Math.min(wished.get(name) ?? Infinity, clock.monotonicMs() + ms));
        };
        const check = (): void => {
          collect();
          for (const [name, by] of wished) {
            assert.ok(working.has(name) || clock.monotonicMs() <= by, `${name} is overdue`);
          }
        };
        for (const each of steps) {
          if (each.do === 'add') {
            queue.add(each.key);
            wish(each.key, 0);
          }
          if (each.do === 'addAfter') {
            queue.addAfter(each.key, each.ms);
            wish(each.key, each.ms);
          }
          if (each.do === 'retry') {
            queue.retry(each.key, each.ms);
            wish(each.key, 300_000);
          }
          if (each.do === 'forget') queue.forget(each.key);
          if (each.do === 'done' && working.delete(each.key)) queue.done(each.key);
          if (each.do === 'jump') clock.setWall(new Date(clock.now().getTime() + each.ms));
          if (each.do === 'advance') await clock.advance(each.ms);
          else await clock.settle();
          check();
        }
        for (let round = 0; round < 3; round += 1) {
          for (const name of working) queue.done(name);
          working.clear();
          await clock.advance(400_000);
          check();
        }
        assert.equal(wished.size, 0);
        stop.abort();
        await clock.settle();
        assert.equal(clock.pending, 0);
      }),
      { numRuns: 150 },
    );
  });
});
