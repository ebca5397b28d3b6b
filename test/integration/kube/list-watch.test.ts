import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Cache,
  configMaps,
  createOnly,
  type KubeObject,
  keyOf,
  listWatch,
  type Source,
  secrets,
} from '../../../src/kube/index.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { recordedLog } from '../../kit/log.ts';
import { until } from '../../kit/until.ts';
import { type OwnPlace, ownKind, ownNamespace } from './server.ts';

interface Row {
  readonly key: string;
  readonly kind: string;
  readonly keys: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

function project(object: KubeObject): Row {
  const { metadata, kind } = object;
  return { key: keyOf(metadata), kind, keys: Object.keys(object), labels: metadata.labels ?? {} };
}

/** A ConfigMap of the test's own: a cluster with controllers puts `kube-root-ca.crt` beside. */
function configMap({ namespace }: OwnPlace, name: string, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, labels: { own: 'yes', ...labels } } };
}

/** A running cache, whose wire can be looked at. */
async function running(at: OwnPlace, source: Partial<Source<Row>>, wire?: typeof at.client.watch) {
  const own = source.resource === undefined ? { labelSelector: 'own=yes' } : {};
  const log = recordedLog();
  const client = { list: at.client.list.bind(at.client), watch: wire ?? at.client.watch.bind(at.client) };
  const cache: Cache<Row> = listWatch(
    { client, clock: systemClock, log },
    { resource: configMaps, namespace: at.namespace, project, ...own, ...source },
  );
  const stop = new AbortController();
  const ended = cache.run(stop.signal);
  await cache.whenSynced(AbortSignal.timeout(10_000));
  return {
    cache,
    log,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the test is over'));
      await ended;
    },
  };
}

describe('the list-watch on a real API server', () => {
  test('lists in pages, follows changes and deletions', async () => {
    await using at = await ownNamespace();
    const names = Array.from({ length: 520 }, (_, n) => `item-${n}`);
    for (let n = 0; n < names.length; n += 20) {
      await Promise.all(
        names
          .slice(n, n + 20)
          .map((name) => at.client.apply(configMaps, createOnly(configMap(at, name)), { manager: 'test' })),
      );
    }
    await using world = await running(at, {});
    const { cache } = world;
    assert.equal(cache.size, 520);
    const made = await at.client.apply(configMaps, createOnly(configMap(at, 'late')), { manager: 'test' });
    await until('the late one arrives', () => cache.size === 521);
    assert.equal(cache.get(`${at.namespace}/item-1`)?.kind, 'ConfigMap');
    await at.client.remove(configMaps, made.metadata, { uid: made.metadata.uid ?? '' });
    await until('it is gone', () => cache.size === 520);
    assert.deepEqual(world.log.lines, []);
  });

  test('resumes a watch that broke without listing anew', async () => {
    await using at = await ownNamespace();
    const cuts: AbortController[] = [];
    await using world = await running(at, {}, (resource, selection, from, signal) => {
      const cut = new AbortController();
      cuts.push(cut);
      return at.client.watch(resource, selection, from, AbortSignal.any([signal, cut.signal]));
    });
    await at.client.apply(configMaps, createOnly(configMap(at, 'before')), { manager: 'test' });
    await until('the first arrives', () => world.cache.size === 1);
    cuts[0]?.abort(new Error('the wire is cut'));
    await at.client.apply(configMaps, createOnly(configMap(at, 'while')), { manager: 'test' });
    await until('the missed one arrives', () => world.cache.size === 2);
    assert.equal(cuts.length, 2);
    assert.deepEqual(
      world.log.lines.map(({ message }) => message),
      ['list or watch failed, trying again'],
    );
  });

  test('lists anew when its resourceVersion is too old', async () => {
    await using at = await ownNamespace();
    await using kind = await ownKind(at);
    let opened = 0;
    await using world = await running(at, { resource: kind.resource }, (resource, selection, from, signal) => {
      opened += 1;
      // The watch cache of a new kind begins when the kind is made, so that 1 is too old for it.
      return at.client.watch(resource, selection, opened === 1 ? { ...from, resourceVersion: '1' } : from, signal);
    });
    const probe = {
      apiVersion: `${kind.resource.group}/v1`,
      kind: 'Probe',
      metadata: { namespace: at.namespace, name: 'after' },
    };
    await at.client.apply(kind.resource, createOnly<KubeObject>(probe), { manager: 'test' });
    await until('it is watched again', () => opened >= 2 && world.cache.size === 1);
    assert.deepEqual(
      world.log.lines.map(({ message }) => message),
      ['watch is too old to resume, listing anew'],
    );
  });

  test('sees metadata alone of what it asks as metadata', async () => {
    await using at = await ownNamespace();
    const secret = (name: string): KubeObject => {
      const object = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace: at.namespace, name },
        data: { value: btoa('canary') },
      };
      return createOnly(object);
    };
    await at.client.apply(secrets, secret('listed'), { manager: 'test' });
    await using world = await running(at, { resource: secrets, metadataOnly: true });
    await at.client.apply(secrets, secret('watched'), { manager: 'test' });
    await until('both are there', () => world.cache.size === 2);
    for (const row of world.cache.list()) {
      assert.equal(row.kind, 'Secret');
      assert.deepEqual(row.keys.toSorted(), ['apiVersion', 'kind', 'metadata']);
    }
  });

  test('sees what its selectors choose, and loses what they no longer choose', async () => {
    await using at = await ownNamespace();
    const apply = (name: string, colour: string): Promise<KubeObject> =>
      at.client.apply(configMaps, configMap(at, name, { colour }), { manager: 'test' });
    await apply('a', 'red');
    await apply('b', 'blue');
    await using red = await running(at, { labelSelector: 'colour=red' });
    await using named = await running(at, { fieldSelector: 'metadata.name=b' });
    assert.deepEqual(
      [...red.cache.list()].map(({ key }) => key),
      [`${at.namespace}/a`],
    );
    assert.deepEqual(
      [...named.cache.list()].map(({ key }) => key),
      [`${at.namespace}/b`],
    );
    await apply('a', 'blue');
    await until('the red one is gone', () => red.cache.size === 0);
  });
});
