import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { configMaps, events, leases } from '../../../src/kube/index.ts';
import { ConflictError, TransientError } from '../../../src/runtime/index.ts';
import { type Call, type ChaosProxy, delay, describeCall, drop, loseReply, refuse } from '../../chaos/proxy/index.ts';
import { until } from '../../kit/until.ts';
import { type Proxied, proxied } from './proxied.ts';

const isWrite = ({ kind }: Call): boolean => kind === 'write';

function fates({ proxy }: Proxied): string[] {
  return proxy.traffic.fates.map(({ call, carriedOut, answered }) => `${describeCall(call)} ${carriedOut} ${answered}`);
}

describe('a chaos proxy in front of a real API server', () => {
  test('passes calls on and counts them, Events and the Lease apart', async () => {
    await using at = await proxied();
    const { client, namespace, proxy } = at;
    await at.put('first');
    await client.create(leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace, name: 'own' },
    });
    const event = { apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { namespace, name: 'own' } };
    await assert.rejects(client.create(events, event)); // it says too little to be taken
    const { metadata } = await at.put('first', 'two');
    await client.list(configMaps, { namespace }, { limit: 10 });
    await client.remove(configMaps, { namespace, name: 'first' }, { uid: metadata.uid ?? '' });
    assert.equal(await at.value('first'), undefined);
    assert.deepEqual(
      proxy.traffic.fates.map(({ call }) => `${call.kind} ${call.number}: ${describeCall(call)}`),
      [
        `write 0: apply configmaps ${namespace}/first`,
        `lease 0: create leases ${namespace}`,
        `event 0: create events ${namespace}`,
        `write 1: apply configmaps ${namespace}/first`,
        `read 0: list configmaps ${namespace}`,
        `write 2: delete configmaps ${namespace}/first`,
      ],
    );
    assert.deepEqual(
      proxy.traffic.fates.map(({ carriedOut, answered }) => [carriedOut, answered]),
      [201, 201, 422, 200, 200, 200].map((code) => [code, code]),
    );
  });

  for (const [code, kind] of [
    [409, ConflictError],
    [429, TransientError],
    [500, TransientError],
    [503, TransientError],
  ] as const) {
    test(`answers ${code} in the place of the API server, which hears of nothing`, async () => {
      await using at = await proxied();
      at.proxy.traffic.intervene(isWrite, refuse(code, { retryAfterSeconds: 2 }), 1);
      await assert.rejects(at.put('refused'), (error) => {
        assert.ok(error instanceof kind);
        if (error instanceof TransientError) assert.equal(error.retryAfterMs, 2_000);
        return true;
      });
      assert.equal(await at.value('refused'), undefined);
      assert.deepEqual(fates(at), [`apply configmaps ${at.namespace}/refused undefined ${code}`]);
      await at.put('refused');
      assert.equal(await at.value('refused'), 'one');
    });
  }

  test('drops a call before the API server hears of it', async () => {
    await using at = await proxied();
    at.proxy.traffic.intervene(isWrite, drop, 1);
    await assert.rejects(at.put('dropped'), TransientError);
    assert.equal(await at.value('dropped'), undefined);
    assert.deepEqual(fates(at), [`apply configmaps ${at.namespace}/dropped undefined undefined`]);
  });

  test('loses the reply of a call that was carried out', async () => {
    await using at = await proxied();
    at.proxy.traffic.intervene(isWrite, loseReply, 1);
    await assert.rejects(at.put('lost'), TransientError);
    assert.equal(await at.value('lost'), 'one');
    assert.deepEqual(fates(at), [`apply configmaps ${at.namespace}/lost 201 undefined`]);
  });

  test('delays a call, but not those beside it', async () => {
    await using at = await proxied();
    at.proxy.traffic.intervene(({ name }) => name === 'slow', delay(200));
    const asked = performance.now();
    const slow = at.put('slow').then(() => performance.now() - asked);
    await at.put('quick');
    const quickMs = performance.now() - asked;
    const slowMs = await slow;
    assert.ok(slowMs >= 200 && quickMs < slowMs, `${slowMs} ms and ${quickMs} ms`);
  });

  test('holds a call while others act, and lets it go on', async () => {
    await using at = await proxied();
    const held = at.proxy.traffic.hold(isWrite);
    const writing = at.put('held', 'late');
    assert.equal((await held.arrived).name, 'held');
    await at.put('held', 'early');
    assert.equal(await at.value('held'), 'early');
    held.release();
    await writing;
    assert.equal(await at.value('held'), 'late');
  });

  test('puts every call that matches under a rule until told', async () => {
    await using at = await proxied();
    const rule = at.proxy.traffic.intervene(isWrite, refuse(500));
    await assert.rejects(at.put('often'), TransientError);
    await assert.rejects(at.put('often'), TransientError);
    assert.equal(describeCall(await rule.first), `apply configmaps ${at.namespace}/often`);
    rule[Symbol.dispose]();
    await at.put('often');
  });

  test('lets nothing through while it is severed', async () => {
    await using at = await proxied();
    const mend = at.proxy.traffic.sever();
    const waiting = assert.rejects(at.put('severed'), TransientError);
    await until('the call has come', () => at.proxy.traffic.fates.length === 1);
    mend();
    await waiting;
    assert.equal(await at.value('severed'), undefined);
    await at.put('severed');
  });

  test('refuses connections, and takes them again on the same port', async () => {
    await using at = await proxied();
    await at.put('before');
    await at.proxy.api.refuse();
    await assert.rejects(at.put('refused'), /ECONNREFUSED/);
    await at.proxy.api.listen();
    await at.put('after');
    assert.equal(await at.value('refused'), undefined);
  });

  test('knows its client by a token, which it can change', async () => {
    await using at = await proxied();
    await at.put('first');
    await at.proxy.rotateToken();
    await assert.rejects(at.put('second'), TransientError);
    await at.put('third');
    assert.equal(await at.value('second'), undefined);
    assert.deepEqual(
      at.proxy.traffic.fates.map(({ answered }) => answered),
      [201, 401, 201],
    );
  });

  test('presents the certificate of another CA, which the client reads from its file', async () => {
    await using at = await proxied();
    await at.put('first');
    const before = readFileSync(authorityFileOf(at.proxy), 'utf8');
    await at.proxy.rotateCertificate();
    assert.notEqual(readFileSync(authorityFileOf(at.proxy), 'utf8'), before);
    await at.put('second').catch(() => undefined); // the client may still verify by what it read within the last second
    await at.put('third');
    assert.equal(await at.value('third'), 'one');
  });

  test('shows a client one namespace alone, and what has none as it is', async () => {
    await using other = await proxied();
    await other.put('elsewhere');
    await using at = await proxied({ namespace: other.namespace });
    await at.direct.apply(
      configMaps,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: at.namespace, name: 'unseen' } },
      { manager: 'test' },
    );
    const { items } = await at.client.list(configMaps, {}, { limit: 500 });
    const seen = new Set([...items].map(({ metadata }) => metadata.namespace));
    assert.deepEqual([...seen], [other.namespace]);
    const namespaces = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
    const all = await at.client.list(namespaces, {}, { limit: 500 });
    assert.ok([...all.items].some(({ metadata }) => metadata.name === 'kube-system'));
  });
});

function authorityFileOf({ kubeconfig }: ChaosProxy): string {
  const { clusters } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as {
    readonly clusters: readonly { readonly cluster: { readonly 'certificate-authority': string } }[];
  };
  return clusters[0]?.cluster['certificate-authority'] ?? '';
}
