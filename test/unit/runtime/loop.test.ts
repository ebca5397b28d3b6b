import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ConflictError,
  type PassOutcome,
  type Reconcile,
  RevokedError,
  requeueAfter,
  requeueAt,
  runLoop,
  settled,
  sleep,
  TerminalError,
  TransientError,
  WorkQueue,
} from '../../../src/runtime/index.ts';
import { virtualClock } from '../../kit/clock.ts';
import { recordedLog } from '../../kit/log.ts';

function world(reconcile: Reconcile, workers = 2) {
  const clock = virtualClock();
  const log = recordedLog();
  const queue = new WorkQueue({ clock, random: () => 1 });
  const outcomes: PassOutcome[] = [];
  const stop = new AbortController();
  const onPass = (outcome: PassOutcome): number => outcomes.push(outcome);
  const ended = runLoop({ queue, reconcile, workers, log, clock, onPass }, stop.signal);
  return { clock, log, queue, outcomes, stop, ended };
}

describe('the loop', () => {
  const failures: readonly (readonly [string, Error, PassOutcome, string, number | undefined])[] = [
    ['retries a conflict soon, and says so at debug', new ConflictError('stale'), 'conflict', 'debug', 100],
    ['backs off after a transient error, and warns', new TransientError('down'), 'transient', 'warn', 100],
    ['obeys Retry-After', new TransientError('busy', { retryAfterMs: 5_000 }), 'transient', 'warn', 5_500],
    ['does not retry what only an edit can help', new TerminalError('bad'), 'terminal', 'error', undefined],
    ['backs off after a defect, and shows it as an error', new TypeError('undefined is not'), 'defect', 'error', 100],
  ];
  for (const [name, error, outcome, level, retryMs] of failures) {
    test(name, async () => {
      let passes = 0;
      const { clock, log, queue, outcomes, stop, ended } = world(() => {
        passes += 1;
        return passes === 1 ? Promise.reject(error) : Promise.resolve(settled);
      });
      queue.add('ns/web');
      await clock.settle();
      assert.deepEqual(outcomes, [outcome]);
      assert.equal(log.lines.length, 1);
      assert.equal(log.lines[0]?.level, level);
      assert.equal(log.lines[0]?.fields.error, error);
      assert.equal(log.lines[0]?.fields.name, 'ns/web');
      assert.match(log.lines[0]?.fields.reconcileID ?? '', /^[0-9a-f-]{36}$/);
      assert.equal(clock.nextInMs, retryMs);
      await clock.advance(retryMs ?? 3_600_000);
      assert.equal(passes, retryMs === undefined ? 1 : 2);
      stop.abort();
      await ended;
    });
  }

  test('requeues when the pass says so, and forgets the failures before it', async () => {
    const results = [
      () => Promise.reject(new TransientError('down')),
      () => Promise.resolve(requeueAfter(1_000)),
      () => Promise.reject(new TransientError('down')),
    ];
    const { clock, queue, outcomes, stop, ended } = world(() => results.shift()?.() ?? Promise.resolve(settled));
    queue.add('a');
    await clock.settle();
    await clock.advance(100);
    assert.deepEqual(outcomes, ['transient', 'requeued']);
    assert.equal(clock.nextInMs, 1_000);
    await clock.advance(1_000);
    assert.equal(clock.nextInMs, 100);
    stop.abort();
    await ended;
  });

  test('requeues and backs off where nobody listens to the outcomes as well', async () => {
    const clock = virtualClock();
    const queue = new WorkQueue({ clock, random: () => 1 });
    const stop = new AbortController();
    const results = [() => Promise.resolve(requeueAfter(1_000)), () => Promise.reject(new TransientError('down'))];
    const reconcile: Reconcile = () => results.shift()?.() ?? Promise.resolve(settled);
    const ended = runLoop({ queue, reconcile, workers: 1, log: recordedLog(), clock }, stop.signal);
    queue.add('a');
    await clock.settle();
    assert.equal(clock.nextInMs, 1_000);
    await clock.advance(1_000);
    assert.equal(clock.nextInMs, 100);
    stop.abort();
    await ended;
  });

  test('works on as many keys at once as it has workers', async () => {
    const gate = Promise.withResolvers<undefined>();
    let running = 0;
    let most = 0;
    const { clock, queue, stop, ended } = world(async () => {
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
      return settled;
    }, 3);
    for (let n = 0; n < 10; n += 1) queue.add(`key-${n}`);
    await clock.settle();
    assert.equal(most, 3);
    gate.resolve(undefined);
    await clock.settle();
    assert.deepEqual(queue.backlog(), { ready: 0, later: 0, longestWaitMs: 0 });
    stop.abort();
    await ended;
  });

  describe('once aborted', () => {
    /** A loop with one worker, whose pass over `a` was running when the abort came; `b` waits. */
    async function aborted(reason: Error) {
      const gate = Promise.withResolvers<undefined>();
      const seen: string[] = [];
      let cut: AbortSignal | undefined;
      const parts = world(async (key, signal) => {
        seen.push(key);
        cut = signal;
        await gate.promise;
        throw new TransientError('no answer');
      }, 1);
      parts.queue.add('a');
      parts.queue.add('b');
      await parts.clock.settle();
      parts.stop.abort(reason);
      await parts.clock.settle();
      return { ...parts, gate, seen, isCut: () => cut?.aborted };
    }

    test('starts no other pass, and lets the running one end by itself', async () => {
      const { clock, log, seen, gate, isCut, ended } = await aborted(new Error('shutdown'));
      await clock.advance(499);
      assert.equal(isCut(), false);
      gate.resolve(undefined);
      await ended;
      assert.deepEqual(seen, ['a']);
      assert.deepEqual(
        log.lines.map(({ message }) => message),
        ['reconcile failed, backing off'],
      );
      assert.equal(clock.pending, 0);
    });

    test('aborts after half a second the pass that still runs, and waits for its end', async () => {
      const { clock, log, seen, gate, isCut, ended } = await aborted(new Error('shutdown'));
      let over = false;
      const watched = ended.finally(() => {
        over = true;
      });
      await clock.advance(500);
      assert.equal(isCut(), true);
      assert.equal(over, false);
      gate.resolve(undefined);
      await watched;
      assert.deepEqual(seen, ['a']);
      assert.deepEqual(log.lines, []);
    });

    test('ends what a pass left to itself, once the last pass has ended', async () => {
      const left: Promise<void>[] = [];
      const { clock, queue, stop, ended } = world((_, signal) => {
        left.push(sleep(clock, 60_000, signal));
        return Promise.resolve(settled);
      });
      queue.add('ns/web');
      await clock.settle();
      assert.equal(clock.pending, 1);
      const reason = new Error('shutdown');
      stop.abort(reason);
      await ended;
      assert.equal(clock.pending, 0);
      await assert.rejects(Promise.all(left), reason);
    });

    test('aborts the running pass at once where the right to go on is gone', async () => {
      const { clock, gate, isCut, ended } = await aborted(new RevokedError('the lease is lost'));
      assert.equal(isCut(), true);
      gate.resolve(undefined);
      await ended;
      assert.equal(clock.pending, 0);
    });
  });

  test('takes a time that has passed as now', () => {
    const now = new Date('2026-06-01T00:00:00Z');
    assert.deepEqual(requeueAt(new Date('2026-05-31T00:00:00Z'), now), { kind: 'requeueAfter', ms: 0 });
    assert.deepEqual(requeueAt(new Date('2026-06-01T00:00:01Z'), now), { kind: 'requeueAfter', ms: 1000 });
  });
});
