import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { leadWhileElected, leases } from '../../../src/kube/index.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { recordedLog } from '../../kit/log.ts';
import { until } from '../../kit/until.ts';
import { type OwnPlace, ownNamespace } from './server.ts';

function contend({ client, namespace }: OwnPlace, identity: string) {
  const stop = new AbortController();
  const state = { leading: false };
  const lead = async (signal: AbortSignal): Promise<void> => {
    state.leading = true;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    state.leading = false;
  };
  const log = recordedLog();
  const lease = { namespace, name: 'evercert-operator' };
  const ended = leadWhileElected({ client, clock: systemClock, log, lease, identity, lead }, stop.signal);
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
});
