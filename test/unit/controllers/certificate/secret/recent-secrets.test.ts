import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { labels, managedByValue } from '../../../../../src/api/index.ts';
import { RecentSecrets } from '../../../../../src/controllers/certificate/secret/recent-secrets.ts';
import type { Secret } from '../../../../../src/controllers/certificate/secret/secret.ts';
import { type Change, configMaps, type KubeObject, secrets } from '../../../../../src/kube/index.ts';
import { ConflictError } from '../../../../../src/runtime/index.ts';
import { virtualClock } from '../../../../kit/clock.ts';

const ref = { namespace: 'web', name: 'shop-tls' };
const apply = { manager: 'test', force: true };

function secretOf(resourceVersion: string, value = 'cGVt'): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...ref, uid: 'one', resourceVersion, labels: { [labels.managedBy]: managedByValue } },
    data: { 'tls.crt': value },
  };
}

/** An API server with one Secret of each name, all alike, and a watch of them. */
function world() {
  const clock = virtualClock();
  const listeners: ((change: Change<unknown>) => void)[] = [];
  const at = {
    clock,
    reads: 0,
    live: secretOf('1') as Secret | undefined,
    /** What happens between a call and its answer. */
    meanwhile: () => {},
    tell: (key = 'web/shop-tls') => {
      for (const listener of listeners) listener({ key, before: {}, after: {} });
    },
    version: async (name = ref.name) =>
      (await recent.recent.get<Secret>(secrets, { ...ref, name }))?.metadata.resourceVersion,
  };
  const recent = new RecentSecrets({
    clock,
    cache: { onChange: (listener) => listeners.push(listener) },
    client: {
      get: async <T extends KubeObject>() => {
        at.reads += 1;
        const answer = at.live;
        at.meanwhile();
        return answer as T | undefined;
      },
      patch: () => Promise.reject(new Error('nothing is patched here')),
      apply: async <T extends KubeObject>() => {
        if (at.live === undefined) throw new ConflictError('it is gone');
        const answer = at.live;
        at.meanwhile();
        return answer as unknown as T;
      },
    },
  });
  return Object.assign(at, { client: recent });
}

describe('recent Secrets', () => {
  test('are read once in a minute', async () => {
    const at = world();
    await at.version();
    await at.clock.advance(59_999);
    assert.equal(await at.version(), '1');
    assert.equal(at.reads, 1);
    await at.clock.advance(1);
    await at.version();
    assert.equal(at.reads, 2);
  });

  test('are as old as the question that they answer, for a process that slept meanwhile', async () => {
    const at = world();
    at.meanwhile = () => at.clock.freeze(3_600_000);
    await at.version();
    at.meanwhile = () => {};
    at.live = secretOf('2');
    assert.equal(await at.version(), '2');
  });

  for (const [name, other] of [
    ['absent', undefined],
    ['of others', { ...secretOf('1'), metadata: { ...ref, resourceVersion: '1' } }],
  ] as const) {
    test(`that are ${name} are read once in five seconds: no watch tells when that changes`, async () => {
      const at = world();
      at.live = other;
      await at.version();
      await at.clock.advance(4_999);
      assert.equal(await at.version(), other?.metadata.resourceVersion);
      assert.equal(at.reads, 1);
      await at.clock.advance(1);
      await at.version();
      assert.equal(at.reads, 2);
    });
  }

  test('are what the last write was answered', async () => {
    const at = world();
    await at.version();
    at.live = secretOf('2');
    await at.client.live.apply(secrets, secretOf('1'), apply);
    assert.equal(await at.version(), '2');
    assert.equal(at.reads, 1);
  });

  test('are read again after a write that failed', async () => {
    const at = world();
    await at.version();
    at.live = undefined;
    await assert.rejects(at.client.live.apply(secrets, secretOf('1'), apply), ConflictError);
    at.live = secretOf('5');
    assert.equal(await at.version(), '5');
  });

  test('are read again once the watch tells of a change, and no others', async () => {
    const at = world();
    await at.version();
    await at.version('other-tls');
    at.live = secretOf('2');
    at.tell();
    assert.deepEqual([await at.version(), await at.version('other-tls')], ['2', '1']);
  });

  test('are not what a call was answered while the watch told of a change', async () => {
    for (const call of ['get', 'apply'] as const) {
      const at = world();
      at.meanwhile = at.tell;
      await (call === 'get' ? at.version() : at.client.live.apply(secrets, secretOf('1'), apply));
      at.meanwhile = () => {};
      at.live = secretOf('2');
      assert.equal(await at.version(), '2', call);
    }
  });

  test('are read past the memory where they are asked for as they are now, and remembered so', async () => {
    const at = world();
    await at.version();
    at.live = secretOf('2');
    const live = await at.client.live.get<Secret>(secrets, ref);
    assert.equal(live?.metadata.resourceVersion, '2');
    assert.equal(await at.version(), '2');
    assert.equal(at.reads, 2);
  });

  test('are forgotten, the eldest first, where they would take more than sixteen million characters', async () => {
    const at = world();
    at.live = secretOf('1', 'x'.repeat(6_000_000));
    for (const name of ['a', 'b', 'c']) await at.version(name);
    assert.equal(at.reads, 3);
    await at.version('b');
    await at.version('c');
    assert.equal(at.reads, 3);
    await at.version('a');
    assert.equal(at.reads, 4);
  });

  test('are Secrets alone: other objects are read each time', async () => {
    const at = world();
    await at.client.recent.get(configMaps, ref);
    await at.client.recent.get(configMaps, ref);
    assert.equal(at.reads, 2);
  });
});
