import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { Pool } from '../../../src/runtime/index.ts';
import { virtualClock } from '../../kit/clock.ts';

const clock = virtualClock();

describe('the pool', () => {
  test('runs no more at once than it has slots, and all in the end', async () => {
    const pool = new Pool({ slots: 3 });
    let running = 0;
    let most = 0;
    const runs = Array.from({ length: 20 }, (_, n) =>
      pool.run(`host-${n}`, async () => {
        running += 1;
        most = Math.max(most, running);
        await clock.settle();
        running -= 1;
        return { ok: true, n };
      }),
    );
    const outcomes = await Promise.all(runs);
    assert.equal(most, 3);
    assert.deepEqual(
      outcomes.map(({ n }) => n),
      Array.from({ length: 20 }, (_, n) => n),
    );
  });

  test('gives keys that failed last time a quarter of the slots, so that the rest is not held up', async () => {
    const pool = new Pool({ slots: 8 });
    const holes = Array.from({ length: 50 }, (_, n) => `hole-${n}`);
    await Promise.all(holes.map((key) => pool.run(key, () => Promise.resolve({ ok: false }))));

    const never = Promise.withResolvers<{ ok: boolean }>();
    let holesRunning = 0;
    const stuck = holes.map((key) =>
      pool.run(key, () => {
        holesRunning += 1;
        return never.promise;
      }),
    );
    await clock.settle();
    assert.equal(holesRunning, 2);
    const good = Array.from({ length: 100 }, (_, n) => pool.run(`good-${n}`, () => Promise.resolve({ ok: true })));
    await Promise.all(good);
    assert.equal(holesRunning, 2);
    never.resolve({ ok: true });
    await Promise.all(stuck);
  });

  test('takes a key back among the rest once it went well', async () => {
    const pool = new Pool({ slots: 4 });
    await pool.run('a', () => Promise.resolve({ ok: false }));
    const hold = Promise.withResolvers<{ ok: boolean }>();
    await pool.run('a', () => Promise.resolve({ ok: true }));
    await pool.run('b', () => Promise.resolve({ ok: false }));
    const b = pool.run('b', () => hold.promise);
    assert.deepEqual(await pool.run('a', () => Promise.resolve({ ok: true })), { ok: true });
    hold.resolve({ ok: true });
    await b;
  });

  test('frees the slot and counts a failure when the work throws', async () => {
    const pool = new Pool({ slots: 1 });
    await assert.rejects(
      pool.run('a', () => Promise.reject(new Error('broken'))),
      /broken/,
    );
    assert.deepEqual(await pool.run('a', () => Promise.resolve({ ok: true })), { ok: true });
  });

  test('starves nobody: with any mix of outcomes every run ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), ok: fc.boolean() }), { maxLength: 40 }),
        async (slots, runs) => {
          const pool = new Pool({ slots });
          let running = 0;
          await Promise.all(
            runs.map(({ key, ok }) =>
              pool.run(key, async () => {
                running += 1;
                assert.ok(running <= slots);
                await Promise.resolve();
                running -= 1;
                return { ok };
              }),
            ),
          );
          assert.equal(running, 0);
        },
      ),
      { numRuns: 100 },
    );
  });
});
