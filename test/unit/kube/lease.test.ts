import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { LeaseLostError, leadWhileElected } from '../../../src/kube/index.ts';
import { recordedLog } from '../../kit/log.ts';
import { world } from './lease-world.ts';

describe('leader election', () => {
  test('makes the Lease with times of six digits, and leads', async () => {
    const { clock, contend, lease } = world();
    const a = contend('a');
    await clock.settle();
    assert.equal(a.state.leading, true);
    assert.deepEqual(lease()?.spec, {
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-06-01T00:00:00.000000Z',
      renewTime: '2026-06-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    a.stop();
    await a.ended;
    assert.deepEqual(a.state.told, [true, false]);
    assert.equal(clock.pending, 0);
  });

  test('lets one lead at a time, for as long as it renews', async () => {
    const { clock, contend } = world();
    const a = contend('a');
    await clock.settle();
    const b = contend('b');
    await clock.advance(600_000);
    assert.deepEqual([a.state.leading, b.state.leading], [true, false]);
    a.stop();
    b.stop();
    await Promise.all([a.ended, b.ended]);
  });

  test('releases the Lease when it stops, whenever that is, and a standby leads within 1.2 s', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 9_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (stopMs, random) => {
          const { clock, contend, lease } = world();
          const a = contend('a');
          await clock.settle();
          const b = contend('b', { random });
          await clock.advance(stopMs);
          a.stop();
          await a.ended;
          assert.equal(lease()?.spec.holderIdentity, '');
          assert.equal(lease()?.spec.leaseDurationSeconds, 1);
          await clock.advance(1_200);
          assert.equal(b.state.leading, true);
          assert.equal(lease()?.spec.leaseTransitions, 1);
          b.stop();
          await b.ended;
        },
      ),
      { numRuns: 50 },
    );
  });

  test('after a crash, whenever that is, a standby leads within 16.2 s and not before 15 s are over', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 9_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (crashMs, random) => {
          const { clock, contend, lease } = world();
          const a = contend('a');
          await clock.settle();
          const b = contend('b', { random });
          await clock.advance(crashMs);
          a.fate.isDown = true;
          const renewedMs = new Date(lease()?.spec.renewTime ?? '').getTime() - clock.now().getTime();
          await clock.advance(renewedMs + 14_999);
          assert.equal(b.state.leading, false);
          await clock.advance(1_203);
          assert.equal(b.state.leading, true);
          b.stop();
          await b.ended;
        },
      ),
      { numRuns: 50 },
    );
  });

  test('lets the Pod of its holder own it, whoever that is, and nobody once it is released', async () => {
    const { clock, contend, lease } = world();
    const owners = (): unknown => lease()?.metadata.ownerReferences;
    const a = contend('a', { podUID: 'uid-of-a' });
    await clock.settle();
    const podOf = (name: string) => [{ apiVersion: 'v1', kind: 'Pod', name, uid: `uid-of-${name}` }];
    assert.deepEqual(owners(), podOf('a'));
    const b = contend('b', { podUID: 'uid-of-b' });
    await clock.advance(5_000);
    assert.deepEqual(owners(), podOf('a'));
    a.fate.isDown = true;
    await clock.advance(17_000);
    assert.equal(b.state.leading, true);
    assert.deepEqual(owners(), podOf('b'));
    b.stop();
    await b.ended;
    assert.deepEqual(owners(), []);
    const elsewhere = contend('elsewhere');
    await clock.settle();
    assert.deepEqual(owners(), []);
    elsewhere.stop();
    await elsewhere.ended;
  });

  test('releases the Lease also where the answer to the last renewal was lost', async () => {
    const { clock, contend, lease } = world();
    const a = contend('a');
    await clock.settle();
    a.fate.isReplyLost = true;
    await clock.advance(2_000);
    a.fate.isReplyLost = false;
    a.stop();
    await a.ended;
    assert.equal(lease()?.spec.holderIdentity, '');
  });

  test('keeps the Lease until the work it leads has ended', async () => {
    const { clock, contend } = world();
    const a = contend('a', { drainMs: 60_000 });
    await clock.settle();
    const b = contend('b');
    a.stop();
    for (let second = 0; second < 59; second += 1) {
      await clock.advance(1_000);
      assert.ok(a.state.leading && !b.state.leading);
    }
    await clock.advance(5_000);
    await a.ended;
    assert.equal(b.state.leading, true);
    b.stop();
    await b.ended;
  });

  test('stops before another can lead when the API server cannot be reached', async () => {
    const { clock, contend } = world();
    const a = contend('a');
    await clock.settle();
    const b = contend('b');
    await clock.advance(1_000);
    a.fate.isDown = true;
    let stoppedMs = 0;
    let takenMs = 0;
    for (let tenth = 0; tenth < 250; tenth += 1) {
      await clock.advance(100);
      assert.ok(!(a.state.leading && b.state.leading), 'two led at once');
      if (!a.state.leading && stoppedMs === 0) stoppedMs = clock.monotonicMs();
      if (b.state.leading && takenMs === 0) takenMs = clock.monotonicMs();
    }
    await assert.rejects(a.ended, LeaseLostError);
    assert.equal(stoppedMs, 10_000);
    assert.ok(takenMs >= 15_000 && takenMs <= 19_000, `taken after ${takenMs} ms`);
    b.stop();
    await b.ended;
  });

  test('stops at once when it sees that another holds the Lease', async () => {
    const { clock, contend, edit } = world();
    const a = contend('a');
    await clock.settle();
    edit((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: 'usurper' } }));
    await clock.advance(4_000);
    assert.equal(a.state.leading, false);
    await assert.rejects(a.ended, /held by usurper/);
  });

  test('judges a holder by its own clock, whatever times the record has', async () => {
    const { clock, contend, edit } = world();
    const a = contend('a');
    await clock.settle();
    const years = '1999-01-01T00:00:00.000000Z';
    a.stop();
    await a.ended;
    edit((lease) => ({
      ...lease,
      spec: { ...lease.spec, holderIdentity: 'ghost', leaseDurationSeconds: 15, renewTime: years },
    }));
    const b = contend('b');
    await clock.advance(14_000);
    assert.equal(b.state.leading, false);
    await clock.advance(4_000);
    assert.equal(b.state.leading, true);
    b.stop();
    await b.ended;
  });

  test('makes a Lease anew that somebody deleted, and keeps fields it does not know', async () => {
    const { clock, contend, drop, edit, lease } = world();
    const a = contend('a');
    await clock.settle();
    drop();
    await clock.advance(6_000);
    assert.equal(a.state.leading, true);
    assert.equal(lease()?.spec.holderIdentity, 'a');
    edit((known) => ({ ...known, spec: { ...known.spec, strategy: 'OldestEmulationVersion' } }));
    await clock.advance(6_000);
    assert.equal(a.state.leading, true);
    assert.equal(lease()?.spec.strategy, 'OldestEmulationVersion');
    a.stop();
    await a.ended;
  });

  test('releases the Lease and passes on what the work throws', async () => {
    const { clock, lease, contend } = world();
    const a = contend('a');
    await clock.settle();
    a.stop();
    await a.ended;
    const held = lease();
    assert.equal(held?.spec.holderIdentity, '');
    const broken = leadWhileElected(
      {
        client: {
          get: async () => undefined,
          create: async (_r, o) => o as never,
          replace: async (_r, o) => o as never,
        },
        clock,
        log: recordedLog(),
        lease: { name: 'x', namespace: 'y' },
        identity: 'c',
        lead: () => Promise.reject(new Error('the work is broken')),
      },
      new AbortController().signal,
    );
    await assert.rejects(broken, /the work is broken/);
    assert.equal(clock.pending, 0);
  });
});
