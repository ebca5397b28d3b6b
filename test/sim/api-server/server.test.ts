import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kubeClient } from '../../../src/kube/connect.ts';
import { createOnly, type KubeClient, type KubeObject, listWatch, secrets } from '../../../src/kube/index.ts';
import type { Request } from '../../../src/kube/transport.ts';
import { virtualClock } from '../../kit/clock.ts';
import { recordedLog } from '../../kit/log.ts';
import { type Change, coreKinds, directTransport, kindOfFile, namespaces, SimApiServer } from './index.ts';

const manager = 'test';
const namespace = 'shop';

interface World {
  readonly server: SimApiServer;
  readonly client: KubeClient;
  readonly changes: Change[];
}

/** A server with the namespace `shop`. */
async function world(): Promise<World> {
  const kinds = [...coreKinds, kindOfFile('crds/certificates.yaml')];
  const server = new SimApiServer({ clock: virtualClock(), kinds });
  const client = kubeClient(directTransport(server));
  const wanted = createOnly({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await client.apply(namespaces, wanted, { manager });
  const changes: Change[] = [];
  server.onCommit((change) => changes.push(change));
  return { server, client, changes };
}

function secret(name: string, value: string): KubeObject {
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, data: { value: btoa(value) } };
  return object;
}

function watchOfSecrets(query: string): Request {
  const call = { verb: 'watch', resource: secrets } as const;
  return { call, method: 'GET', path: `/api/v1/secrets?watch=true&${query}`, lane: 'watches', limitMs: 1_000 };
}

interface Heard {
  readonly lines: string[];
  ended: boolean;
}

/** Opens a watch and keeps what it says: `ADDED web`. */
function hear(server: SimApiServer, query: string): Heard & { close(): void } {
  const heard: Heard = { lines: [], ended: false };
  const opened = server.watch(watchOfSecrets(query), {
    line(text) {
      const { type, object } = JSON.parse(text) as { type: string; object: KubeObject & { code?: number } };
      heard.lines.push(`${type} ${object.metadata.name ?? object.code ?? object.metadata.resourceVersion}`);
    },
    end() {
      heard.ended = true;
    },
  });
  if (!('close' in opened)) throw new Error(opened.answer.text);
  return Object.assign(heard, { close: () => opened.close() });
}

describe('the simulated API server', () => {
  test('tells every revision with the object before and after, and the request that made it', async () => {
    const { server, client, changes } = await world();
    const made = await client.apply(secrets, createOnly(secret('web', 'one')), { manager });
    await client.apply(secrets, secret('web', 'one'), { manager });
    await client.apply(secrets, secret('web', 'two'), { manager });
    await client.remove(secrets, { namespace, name: 'web' }, { uid: made.metadata.uid ?? '' });
    assert.deepEqual(
      changes.map(({ before, after }) => [before?.['data'], after?.['data']]),
      [
        [undefined, { value: btoa('one') }],
        [{ value: btoa('one') }, { value: btoa('two') }],
        [{ value: btoa('two') }, undefined],
      ],
    );
    const [first] = changes;
    assert.equal(first?.after?.metadata.resourceVersion, String(first?.revision));
    assert.equal(server.revision, changes.at(-1)?.revision);
    assert.ok('request' in (first?.cause ?? {}));
  });

  test('gives the same answers to the same requests, in another world too', async () => {
    const run = async (): Promise<readonly unknown[]> => {
      const { client, changes } = await world();
      await client.apply(secrets, createOnly(secret('web', 'one')), { manager });
      await client.apply(secrets, secret('web', 'two'), { manager: 'other', force: true });
      return changes.map(({ after }) => after);
    };
    assert.deepEqual(await run(), await run());
  });

  test('tells a watch what it has missed, then each change at once, and nothing after it is closed', async () => {
    const { server, client } = await world();
    const from = server.revision;
    await client.apply(secrets, createOnly(secret('web', 'one')), { manager });
    const heard = hear(server, `resourceVersion=${from}`);
    assert.deepEqual(heard.lines, ['ADDED web']);
    await client.apply(secrets, secret('web', 'two'), { manager });
    heard.close();
    await client.apply(secrets, secret('web', 'three'), { manager });
    assert.deepEqual(heard.lines, ['ADDED web', 'MODIFIED web']);
  });

  test('ends a watch from before a compaction with 410, and one from then on is whole', async () => {
    const { server, client } = await world();
    const from = server.revision;
    await client.apply(secrets, createOnly(secret('web', 'one')), { manager });
    server.compact();
    const old = hear(server, `resourceVersion=${from}`);
    assert.deepEqual([old.lines, old.ended], [['ERROR 410'], true]);
    const young = hear(server, `resourceVersion=${server.revision}`);
    await client.apply(secrets, secret('web', 'two'), { manager });
    assert.deepEqual([young.lines, young.ended], [['MODIFIED web'], false]);
  });

  test('sends a bookmark of the newest revision to watches that asked for them', async () => {
    const { server } = await world();
    const asked = hear(server, `resourceVersion=${server.revision}&allowWatchBookmarks=true`);
    const other = hear(server, `resourceVersion=${server.revision}`);
    server.bookmark();
    assert.deepEqual([asked.lines, other.lines], [[`BOOKMARK ${server.revision}`], []]);
  });

  test('carries the real list-watch: a cache fills, follows, and lists anew after a compaction', async () => {
    const { server, client } = await world();
    const clock = virtualClock();
    const log = recordedLog();
    await client.apply(secrets, createOnly(secret('web', 'one')), { manager });
    const source = { resource: secrets, project: ({ metadata }: KubeObject) => ({ rv: metadata.resourceVersion }) };
    const cache = listWatch({ client, clock, log, random: () => 1 }, source);
    const stopping = new AbortController();
    const running = cache.run(stopping.signal);
    await cache.whenSynced(stopping.signal);
    const next = await client.apply(secrets, secret('web', 'two'), { manager });
    await clock.settle();
    assert.equal(cache.get('shop/web')?.rv, next.metadata.resourceVersion);

    await client.apply(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } }, { manager });
    server.compact();
    await clock.advance(80_000); // the watch was silent, is opened anew, and is too old
    await clock.advance(30_000);
    await client.apply(secrets, secret('api', 'one'), { manager });
    await clock.settle();
    assert.deepEqual([cache.size, log.lines.filter(({ level }) => level === 'info').length], [2, 1]);
    stopping.abort(new Error('stopped'));
    await running;
  });
});
