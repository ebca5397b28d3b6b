import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Cache, configMaps, keyOf, listWatch } from '../../../src/kube/index.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { refuse, type WatchEvent, type WatchStream } from '../../chaos/proxy/index.ts';
import { recordedLog } from '../../kit/log.ts';
import { until } from '../../kit/until.ts';
import { configMap, type Proxied, proxied } from './proxied.ts';

/** A watch through the proxy from now on, with the names that came and how it ended. */
async function watching({ client, direct, namespace }: Proxied) {
  const selection = { namespace, labelSelector: 'own=yes' };
  const { resourceVersion } = await direct.list(configMaps, selection, { limit: 1 });
  const closing = new AbortController();
  const from = { resourceVersion, timeoutSeconds: 60 };
  const bytes = await client.watch(configMaps, selection, from, closing.signal);
  const told: string[] = [];
  let end: string | undefined;
  const read = async (): Promise<void> => {
    let text = '';
    for await (const chunk of bytes) text = take(text + Buffer.from(chunk).toString('utf8'), told);
  };
  const ended = read().then(
    () => (end = 'ended'),
    (error: unknown) => (end = String(error)),
  );
  return {
    told,
    get end(): string | undefined {
      return end;
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await ended;
    },
  };
}

function take(text: string, told: string[]): string {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  for (const line of lines) {
    const { type, object } = JSON.parse(line) as { type: string; object: { metadata: { name?: string } } };
    told.push(`${type} ${object.metadata?.name ?? ''}`.trim());
  }
  return rest;
}

/** A cache of the program's own, through the proxy. */
async function cached({ client, namespace }: Proxied) {
  const log = recordedLog();
  const source = {
    resource: configMaps,
    namespace,
    project: ({ metadata }: { metadata: { name: string } }) => metadata.name,
  };
  const cache: Cache<string> = listWatch({ client, clock: systemClock, log }, source);
  const closing = new AbortController();
  const ended = cache.run(closing.signal);
  await cache.whenSynced(AbortSignal.timeout(10_000));
  return {
    cache,
    has: (name: string): boolean => cache.get(keyOf({ namespace, name })) !== undefined,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await ended;
    },
  };
}

describe('a watch through a chaos proxy', () => {
  test('tells what the API server tells', async () => {
    await using at = await proxied();
    await using watch = await watching(at);
    await at.put('one');
    await until('it is told', () => watch.told.length === 1);
    assert.deepEqual(watch.told, ['ADDED one']);
    assert.equal(at.proxy.watches.open('configmaps').length, 1);
    assert.equal(at.proxy.watches.open('secrets').length, 0);
  });

  test('that is cut ends by a reset', async () => {
    await using at = await proxied();
    await using watch = await watching(at);
    for (const stream of at.proxy.watches.open()) stream.cut();
    await until('it ends', () => watch.end !== undefined);
    assert.match(watch.end ?? '', /ECONNRESET|terminated/);
    await until('nothing is open', () => at.proxy.watches.open().length === 0);
  });

  test('that is ended ends without an error', async () => {
    await using at = await proxied();
    await using watch = await watching(at);
    for (const stream of at.proxy.watches.open()) stream.end();
    await until('it ends', () => watch.end !== undefined);
    assert.equal(watch.end, 'ended');
  });

  test('that is frozen tells nothing more, and does not end', async () => {
    await using at = await proxied();
    await using frozen = await watching(at);
    for (const stream of at.proxy.watches.open()) stream.freeze();
    await using other = await watching(at);
    await at.put('unseen');
    await until('the other tells', () => other.told.length === 1);
    for (const stream of at.proxy.watches.open()) stream.end();
    await until('the other ends', () => other.end !== undefined);
    assert.deepEqual([frozen.told, frozen.end], [[], undefined]);
  });

  test('that expires says so before it ends', async () => {
    await using at = await proxied();
    await using watch = await watching(at);
    for (const stream of at.proxy.watches.open()) await stream.expire();
    await until('it ends', () => watch.end !== undefined);
    assert.deepEqual([watch.told, watch.end], [['ERROR'], 'ended']);
  });

  test('loses, doubles and puts off what a rule says', async () => {
    await using at = await proxied();
    const nameOf = ({ object }: WatchEvent): string => (object as { metadata: { name: string } }).metadata.name;
    at.proxy.watches.filter('configmaps', (event) => {
      if (nameOf(event) === 'lost') return [];
      return nameOf(event) === 'twice' ? [event, event] : [event];
    });
    await using watch = await watching(at);
    for (const name of ['lost', 'twice', 'once']) await at.put(name);
    await until('the last is told', () => watch.told.includes('ADDED once'));
    assert.deepEqual(watch.told, ['ADDED twice', 'ADDED twice', 'ADDED once']);
    const late = Promise.withResolvers<void>();
    const holding = at.proxy.watches.filter('configmaps', async (event) => late.promise.then(() => [event]));
    await at.put('late');
    await using other = await cached(at);
    assert.ok(other.has('late'));
    assert.equal(watch.told.length, 3);
    late.resolve();
    await until('it is told', () => watch.told.length === 4);
    holding[Symbol.dispose]();
  });

  test('of the program is resumed however it ends, and misses nothing', async () => {
    await using at = await proxied();
    await using world = await cached(at);
    const faults = {
      cut: (stream: WatchStream) => stream.cut(),
      ended: (stream: WatchStream) => stream.end(),
      expired: (stream: WatchStream) => void stream.expire(),
    };
    for (const [name, befall] of Object.entries(faults)) {
      await until('a watch is open', () => at.proxy.watches.open('configmaps').length === 1);
      at.proxy.watches.open().forEach(befall);
      await at.put(name);
      await until(`the cache has ${name}`, () => world.has(name));
    }
  });

  test('of the program that is refused by 410 begins with a list again', async () => {
    await using at = await proxied();
    at.proxy.traffic.intervene(({ kind }) => kind === 'watch', refuse(410), 1);
    await using world = await cached(at);
    await at.put('later');
    await until('the cache has it', () => world.has('later'));
    const views = at.proxy.traffic.fates.filter(({ call }) => call.verb !== 'apply');
    const told = views.slice(0, 3).map(({ call, answered }) => `${call.verb} ${answered}`);
    assert.deepEqual(told, ['list 200', 'watch 410', 'list 200']);
  });

  test('and a list tell of an older revision, until the lagging server has caught up', async () => {
    await using at = await proxied({ record: ['configmaps'] });
    await at.put('old');
    await using world = await cached(at);
    assert.ok(world.has('old'));
    const { metadata } = await at.put('between');
    await until('the cache has it', () => world.has('between'));
    const stale = at.proxy.watches.serveAsOf('configmaps', Number(metadata.resourceVersion) - 1);
    const uid = (await at.direct.get(configMaps, { namespace: at.namespace, name: 'old' }))?.metadata.uid ?? '';
    await at.direct.remove(configMaps, { namespace: at.namespace, name: 'old' }, { uid });
    await at.direct.apply(configMaps, configMap(at.namespace, 'new', 'one'), { manager: 'test' });
    await using restarted = await cached(at);
    assert.deepEqual(
      ['old', 'between', 'new'].map((name) => restarted.has(name)),
      [true, false, false],
    );
    stale[Symbol.dispose]();
    await until('it catches up', () => restarted.has('new') && restarted.has('between') && !restarted.has('old'));
    await until('the first too', () => world.has('new') && !world.has('old'));
  });
});
