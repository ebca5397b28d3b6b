import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type KubeObject, leadWhileElected, leases, pods } from '../../../src/kube/index.ts';
import { systemClock, TransientError } from '../../../src/runtime/index.ts';
import { recordedLog } from '../../kit/log.ts';
import { until } from '../../kit/until.ts';
import { type OwnPlace, ownNamespace } from './server.ts';

function contend(
  { client, namespace }: OwnPlace,
  identity: string,
  more: Partial<Parameters<typeof leadWhileElected>[0]> = {},
) {
  const stop = new AbortController();
  const state = { leading: false };
  const lead = async (signal: AbortSignal): Promise<void> => {
    state.leading = true;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    state.leading = false;
  };
  const log = recordedLog();
  const lease = { namespace, name: 'evercert-operator' };
  const ended = leadWhileElected({ client, clock: systemClock, log, lease, identity, lead, ...more }, stop.signal);
  return { state, log, ended, stop: () => stop.abort(new Error('shutdown')) };
}

describe('leader election on a real API server', () => {
  test('a released Lease is taken over at the next try, and a standby never leads beside', async () => {
    await using at = await ownNamespace();
    const a = contend(at, 'a');
    await until('a leads', () => a.state.leading);
    const b = contend(at, 'b');
    await until('b waits', () => b.log.lines.some(({ message }) => message === 'waiting for the lease'));
    assert.equal(b.state.leading, false);
    a.stop();
    await a.ended;
    assert.equal(a.state.leading, false);
    await until('b leads', () => b.state.leading);
    const lease = await at.client.get(leases, { namespace: at.namespace, name: 'evercert-operator' });
    assert.ok(JSON.stringify(lease).includes('"holderIdentity":"b"'));
    b.stop();
    await b.ended;
  });

  test('of ten contenders at once exactly one leads', async () => {
    await using at = await ownNamespace();
    const all = Array.from({ length: 10 }, (_, n) => contend(at, `contender-${n}`));
    await until('all have tried', () =>
      all.every(({ log }) =>
        log.lines.some(
          ({ message }) =>
            message === 'leading' || message === 'another contender was quicker' || message === 'waiting for the lease',
        ),
      ),
    );
    assert.equal(all.filter(({ state }) => state.leading).length, 1);
    for (const each of all) each.stop();
    await Promise.all(all.map(({ ended }) => ended));
  });

  test('a Lease that could not be released goes with the Pod that held it, and is free at once', async () => {
    await using at = await ownNamespace();
    const ref = { namespace: at.namespace, name: 'evercert-operator' };
    const pod = await at.client.create<KubeObject>(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: at.namespace, name: 'holder' },
      spec: { containers: [{ name: 'operator', image: 'none' }] },
    } as KubeObject);
    const { uid = '' } = pod.metadata;
    const holder = contend(at, 'holder', {
      client: {
        get: at.client.get.bind(at.client),
        create: at.client.create.bind(at.client),
        replace: () => Promise.reject(new TransientError('the right to write is gone')),
      },
      pod: { apiVersion: 'v1', kind: 'Pod', name: 'holder', uid },
    });
    await until('the holder leads', () => holder.state.leading);
    const next = contend(at, 'next');
    await until('next waits', () => next.log.lines.some(({ message }) => message === 'waiting for the lease'));
    holder.stop();
    await holder.ended;
    assert.equal(next.state.leading, false);
    await at.client.remove(pods, { namespace: at.namespace, name: 'holder' }, { uid });
    await until('next leads, long before the Lease is stale', () => next.state.leading);
    assert.deepEqual((await at.client.get(leases, ref))?.metadata.ownerReferences ?? [], []);
    next.stop();
    await next.ended;
  });
});
