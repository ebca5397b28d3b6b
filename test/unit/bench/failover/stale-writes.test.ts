import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeClient } from '../../../../src/kube/index.ts';
import { StaleWrites } from '../../../bench/failover/stale-writes.ts';
import type { Call, Reply } from '../../../chaos/proxy/index.ts';

/** An API server whose newest version is 100. */
const client = { list: async () => ({ items: [], resourceVersion: '100' }) } as Partial<KubeClient> as KubeClient;
const call: Call = {
  kind: 'write',
  number: 0,
  verb: 'apply',
  resource: 'secrets',
  path: '/api/v1/namespaces/shop/secrets/web',
};

function reply(code: number, body: object): Reply {
  return { code, headers: {}, body: Buffer.from(JSON.stringify(body)) };
}

async function changesOf(answer: Reply, verb = 'apply'): Promise<readonly string[]> {
  const stale = new StaleWrites(client);
  const carried = await stale.carry({
    call: { ...call, verb },
    body: '',
    send: async () => answer,
    delivered: Promise.resolve(),
    closed: new AbortController().signal,
  });
  assert.equal(carried, answer, 'the client gets its answer');
  return stale.changes;
}

describe('a stale write', () => {
  test('is one that made a version newer than all', async () => {
    assert.deepEqual(await changesOf(reply(200, { metadata: { resourceVersion: '101' } })), [
      'apply /api/v1/namespaces/shop/secrets/web was answered 200',
    ]);
  });

  test('is a deletion that was carried out', async () => {
    assert.equal((await changesOf(reply(200, { kind: 'Status' }), 'delete')).length, 1);
  });

  test('is none when the API server refuses it', async () => {
    assert.deepEqual(await changesOf(reply(409, { kind: 'Status' })), []);
    assert.deepEqual(await changesOf(reply(404, { kind: 'Status' }), 'delete'), []);
  });

  test('is none when it changes nothing, and the object stays at its version', async () => {
    assert.deepEqual(await changesOf(reply(200, { metadata: { resourceVersion: '97' } })), []);
  });

  test('is one when the answer does not tell', async () => {
    assert.equal((await changesOf(reply(200, {}))).length, 1);
  });
});
