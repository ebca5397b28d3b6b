import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { Pool, sleep } from '../../../src/runtime/index.ts';
import { type VirtualClock, virtualClock } from '../../kit/clock.ts';

const deadlineMs = 5_000;

/** A pool of which each task takes a known time, with a count of those that run. */
function world({ slots, slowSlots, patienceMs = 1_000 }: { slots: number; slowSlots: number; patienceMs?: number }) {
  const clock = virtualClock();
  const pool = new Pool({ clock, slots, slowSlots, patienceMs });
  const state = { running: 0, most: 0, starts: 0 };
  const run = async (key: string, ms: number): Promise<string> =>
    pool.run(key, async (signal) => {
      state.starts += 1;
      state.running += 1;
      state.most = Math.max(state.most, state.running);
      try {
        await sleep(clock, ms, signal);
        return key;
      } finally {
        state.running -= 1;
      }
    });
  return { clock, pool, run, state };
}

/** How long it takes until the last of `runs` has ended. */
async function lastEnd(clock: VirtualClock, runs: readonly Promise<unknown>[]): Promise<number> {
  const started = clock.monotonicMs();
  const ends: number[] = [];
  for (const run of runs) void run.then(() => ends.push(clock.monotonicMs()));
  await clock.settle();
  while (ends.length < runs.length) await clock.advance(clock.nextInMs ?? assert.fail('a run never ends'));
  return Math.max(...ends) - started;
}

/** Good answers take from 20 to 400 ms. */
const goodMs = (n: number): number => 20 + ((n * 37) % 380);

function good(run: (key: string, ms: number) => Promise<string>, namespace: string): Promise<string>[] {
  return Array.from({ length: 100 }, (_, n) => run(`${namespace}/good-${n}`, goodMs(n)));
}

function holes(run: (key: string, ms: number) => Promise<string>, namespace: string, count: number): Promise<string>[] {
  return Array.from({ length: count }, (_, n) => run(`${namespace}/hole-${n}`, deadlineMs));
}

/** As the certificate controller has them. */
const probeSlots = { slots: 1_152, slowSlots: 128, patienceMs: 1_000 };

describe('1,000 names that swallow packets, asked for ahead of 100 good ones,', () => {
  for (const [where, namespace] of [
    ['in another namespace', 'holes'],
    ['in the same namespace', 'shop'],
  ] as const) {
    test(`${where}, do not delay these: never asked before, nor when they are asked again`, async () => {
      const alone = world(probeSlots);
      const aloneMs = await lastEnd(alone.clock, good(alone.run, 'shop'));

      const { clock, run, state } = world(probeSlots);
      for (let round = 0; round < 3; round += 1) {
        const swallowed = holes(run, namespace, 1_000);
        const besideMs = await lastEnd(clock, good(run, 'shop'));
        assert.ok(besideMs <= 1.2 * aloneMs, `round ${round}: ${besideMs} ms, alone ${aloneMs} ms`);
        await lastEnd(clock, swallowed);
        assert.ok(state.most <= 1_280);
      }
    });
  }

  test('do not hold up good ones that are asked for while they are still being asked', async () => {
    const { clock, run } = world(probeSlots);
    const swallowed = holes(run, 'shop', 1_000);
    await clock.advance(2_000);
    const asked = [...swallowed, ...holes(run, 'shop', 1_000)];
    const besideMs = await lastEnd(clock, good(run, 'shop'));
    assert.ok(besideMs <= 1.2 * 400, `${besideMs} ms`);
    await lastEnd(clock, asked);
  });
});

describe('more names that swallow packets than there are slots', () => {
  test('delay the one good name of another namespace until the first slot is wanted back', async () => {
    const { clock, run, state } = world({ slots: 64, slowSlots: 16 });
    const swallowed = holes(run, 'holes', 2_000);
    const waitedMs = await lastEnd(clock, [run('shop/good', 100)]);
    assert.equal(waitedMs, 1_000 + 100);
    await lastEnd(clock, swallowed);
    assert.equal(state.most, 80);
  });

  test('delay good ones of their own namespace by their share of the slots, times the patience', async () => {
    const { clock, run } = world({ slots: 64, slowSlots: 16 });
    const swallowed = holes(run, 'shop', 640);
    const waitedMs = await lastEnd(clock, good(run, 'shop'));
    assert.ok(waitedMs <= (640 / 64) * 1_000 + 1_000, `${waitedMs} ms`);
    const roundMs = await lastEnd(clock, swallowed);
    assert.ok(waitedMs + roundMs <= (640 / 16 + 3) * deadlineMs, 'the slow slots stood idle');
  });
});

describe('the pool', () => {
  test('runs no more at once than it has slots, and gives each its own outcome', async () => {
    const { clock, run, state } = world({ slots: 3, slowSlots: 1 });
    const runs = Array.from({ length: 20 }, (_, n) => run(`host-${n}`, 10));
    await lastEnd(clock, runs);
    assert.equal(state.most, 3);
    assert.deepEqual(
      await Promise.all(runs),
      Array.from({ length: 20 }, (_, n) => `host-${n}`),
    );
  });

  test('cuts a slow task short only where another waits, and runs it anew to its end', async () => {
    const { clock, run, state } = world({ slots: 2, slowSlots: 1 });
    await lastEnd(clock, [run('a', 3_000), run('b', 3_000)]);
    assert.equal(state.starts, 2);
    const again = world({ slots: 2, slowSlots: 1 });
    const slow = [again.run('a', 3_000), again.run('b', 3_000)];
    await again.clock.advance(2_000);
    assert.equal(await lastEnd(again.clock, [again.run('c', 10)]), 10);
    assert.equal(again.state.starts, 4);
    await lastEnd(again.clock, slow);
    assert.deepEqual(await Promise.all(slow), ['a', 'b']);
  });

  test('waits for the end of a task that does not heed its signal, without looking again and again', async () => {
    const { clock, pool, run } = world({ slots: 2, slowSlots: 1 });
    const stubborn = pool.run('stubborn', () => sleep(clock, 4_000));
    const slow = run('slow', 6_000);
    const waiting = run('waiting', 10);
    await clock.advance(1_001);
    assert.equal(clock.nextInMs, 2_999, 'a timer looks again though nothing can have changed');
    await lastEnd(clock, [stubborn, slow, waiting]);
  });

  test('keeps what was slow last time to the slow slots, and takes it back when it was quick', async () => {
    const { clock, run, state } = world({ slots: 8, slowSlots: 2 });
    const names = Array.from({ length: 8 }, (_, n) => `hole-${n}`);
    await lastEnd(
      clock,
      names.map((name) => run(name, 2_000)),
    );
    assert.equal(state.most, 8);
    state.most = 0;
    await lastEnd(
      clock,
      names.map((name) => run(name, 10)),
    );
    assert.equal(state.most, 2);
    state.most = 0;
    await lastEnd(
      clock,
      names.map((name) => run(name, 10)),
    );
    assert.equal(state.most, 8);
  });

  test('does not take for slow what fails quickly, as a name does whose route is not live yet', async () => {
    const { clock, pool, run } = world({ slots: 4, slowSlots: 1 });
    await lastEnd(clock, [run('hole', 2_000)]);
    const refused = pool.run('a', () => Promise.reject(new Error('refused')));
    await assert.rejects(refused, /refused/);
    const stuck = run('hole', 2_000);
    assert.equal(await lastEnd(clock, [run('a', 10)]), 10);
    await lastEnd(clock, [stuck]);
  });

  test('frees the slot when the work throws', async () => {
    const { clock, pool, run } = world({ slots: 1, slowSlots: 1 });
    await assert.rejects(
      pool.run('a', () => Promise.reject(new Error('broken'))),
      /broken/,
    );
    assert.equal(await lastEnd(clock, [run('a', 10)]), 10);
  });

  test('starves nobody: with any mix of lengths every run ends, within the slots, and no timer is left', async () => {
    const task = fc.record({
      key: fc.constantFrom('a/1', 'a/2', 'b/1', 'b/2', 'c/1'),
      ms: fc.integer({ min: 0, max: 3_000 }),
      pauseMs: fc.integer({ min: 0, max: 700 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 2 }),
        fc.array(task, { maxLength: 25 }),
        async (slots, slowSlots, tasks) => {
          const { clock, run, state } = world({ slots, slowSlots });
          const runs: Promise<string>[] = [];
          for (const { key, ms, pauseMs } of tasks) {
            runs.push(run(key, ms));
            await clock.advance(pauseMs);
          }
          await lastEnd(clock, runs);
          assert.ok(state.most <= slots + slowSlots);
          assert.equal(state.running, 0);
          await clock.advance(1_000);
          assert.equal(clock.pending, 0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
