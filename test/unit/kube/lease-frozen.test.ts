import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type KubeObject, LeaseLostError, secrets, Tenure } from '../../../src/kube/index.ts';
import { virtualClock } from '../../kit/clock.ts';
import { world } from './lease-world.ts';

const secret: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'shop', name: 'tls' } };

/** A client that counts what is sent. */
function countingClient() {
  const sent: string[] = [];
  const client = {
    get: async () => {
      sent.push('get');
      return undefined;
    },
    apply: async <T>(_resource: unknown, object: KubeObject) => {
      sent.push('apply');
      return object as T;
    },
    patch: async <T>(_resource: unknown, _ref: unknown, change: object) => {
      sent.push('patch');
      return change as T;
    },
    remove: async () => void sent.push('remove'),
  };
  return { sent, client };
}

/** `a` leads on a clock of its own, which stands apart when it is frozen; `b` is a standby. */
async function frozen({ ms, atMs = 1_000, withStandby = true }: { ms: number; atMs?: number; withStandby?: boolean }) {
  const { clock, contend, lease } = world();
  const own = virtualClock();
  const a = contend('a', { clock: own });
  await own.settle();
  const b = withStandby ? contend('b') : undefined;
  for (let passedMs = 0; passedMs < atMs; passedMs += 100) {
    await clock.advance(100);
    await own.advance(100);
  }
  const freeze = async (): Promise<void> => {
    own.freeze(ms);
    await clock.advance(ms);
  };
  return { clock, own, a, b, lease, freeze };
}

describe('a leader that was frozen past its deadline', () => {
  test('sends nothing of what its work goes on to do before any timer has run', async () => {
    const { own, a, b, freeze } = await frozen({ ms: 60_000 });
    const { sent, client } = countingClient();
    const guarded = a.tenure.guard(client);
    const answer = Promise.withResolvers<undefined>();
    const written = answer.promise.then(() => guarded.apply(secrets, secret, { manager: 'm' }));
    await guarded.get(secrets, { namespace: 'shop', name: 'tls' });
    await freeze();
    assert.equal(b?.state.leading, true);
    answer.resolve(undefined); // what a poll of sockets finds, before timers
    await assert.rejects(written, LeaseLostError);
    await assert.rejects(guarded.get(secrets, { namespace: 'shop', name: 'tls' }), LeaseLostError);
    await assert.rejects(guarded.patch(secrets, { namespace: 'shop', name: 'tls' }, {}), LeaseLostError);
    await assert.rejects(guarded.remove(secrets, { namespace: 'shop', name: 'tls' }, { uid: 'u' }), LeaseLostError);
    assert.deepEqual(sent, ['get']);
    await own.settle();
    assert.equal(a.state.leading, false);
    b?.stop();
  });

  test('ends as soon as its timers run, and leaves the Lease to the other', async () => {
    const { own, a, b, lease, freeze } = await frozen({ ms: 60_000 });
    await freeze();
    const version = lease()?.metadata.resourceVersion;
    await own.advance(0);
    await assert.rejects(a.ended, /could not be renewed for 10 s/);
    assert.deepEqual(a.state.told, [true, false]);
    assert.equal(lease()?.spec.holderIdentity, 'b');
    assert.equal(lease()?.metadata.resourceVersion, version);
    assert.equal(own.pending, 0);
    b?.stop();
  });

  test('ends also where nobody else took the Lease, and renews it no more', async () => {
    const { own, a, lease, freeze } = await frozen({ ms: 10_000, withStandby: false });
    await freeze();
    const version = lease()?.metadata.resourceVersion;
    await own.advance(0);
    await assert.rejects(a.ended, LeaseLostError);
    assert.equal(lease()?.metadata.resourceVersion, version);
  });

  test('ends also where it was frozen in the midst of a renewal that went well', async () => {
    const { own, a, b, lease, freeze } = await frozen({ ms: 60_000, atMs: 1_900 });
    const reply = Promise.withResolvers<undefined>();
    a.fate.reply = reply.promise;
    await own.advance(100);
    await freeze();
    const version = lease()?.metadata.resourceVersion;
    reply.resolve(undefined);
    await own.settle();
    assert.equal(a.state.leading, false);
    await own.advance(0);
    await assert.rejects(a.ended, LeaseLostError);
    assert.equal(lease()?.metadata.resourceVersion, version);
    b?.stop();
  });
});

describe('a tenure', () => {
  test('lasts for 10 s from each renewal, and leads on after a freeze that was shorter', async () => {
    const { own, a, freeze } = await frozen({ ms: 8_000 });
    await freeze();
    await own.advance(0);
    assert.doesNotThrow(() => a.tenure.check());
    await own.advance(60_000);
    assert.equal(a.state.leading, true);
    a.stop();
    await a.ended;
  });

  test('is over for good: no renewal brings it back', async () => {
    const clock = virtualClock();
    const tenure = new Tenure(clock);
    tenure.renewed(clock.monotonicMs());
    await clock.advance(9_999);
    tenure.check();
    await clock.advance(1);
    assert.ok(tenure.signal.reason instanceof LeaseLostError);
    tenure.renewed(clock.monotonicMs());
    assert.throws(() => tenure.check(), LeaseLostError);
    assert.equal(clock.pending, 0);
  });

  test('guards nothing where no Lease is wanted', async () => {
    const clock = virtualClock();
    const { sent, client } = countingClient();
    const guarded = new Tenure(clock).guard(client);
    await clock.advance(3_600_000);
    await guarded.apply(secrets, secret, { manager: 'm' });
    assert.deepEqual(sent, ['apply']);
  });
});
