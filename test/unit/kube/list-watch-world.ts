import assert from 'node:assert/strict';
import { kubeClient } from '../../../src/kube/connect.ts';
import { HttpTransport } from '../../../src/kube/http-transport.ts';
import {
  type Cache,
  type CacheEvent,
  type Change,
  configMaps,
  type KubeObject,
  listWatch,
  type Source,
} from '../../../src/kube/index.ts';
import { type VirtualClock, virtualClock } from '../../kit/clock.ts';
import { type RecordedLog, recordedLog } from '../../kit/log.ts';
import { until } from '../../kit/until.ts';
import { type WatchedObjects, watchedObjects } from '../../kit/watched-objects.ts';

interface Row {
  readonly name: string;
  readonly value: string;
}

function project(object: KubeObject): Row {
  const { metadata, data } = object as KubeObject & { data: { value: string } };
  if (data.value === 'unreadable') throw new Error('cannot read this');
  return { name: metadata.name, value: data.value };
}

export interface World extends AsyncDisposable {
  readonly objects: WatchedObjects;
  readonly cache: Cache<Row>;
  readonly clock: VirtualClock;
  readonly log: RecordedLog;
  readonly changes: Change<Row>[];
  readonly events: readonly CacheEvent[];
  /** Sorted `name=value`. */
  readonly rows: () => string[];
  readonly watching: () => Promise<void>;
  /** Waits until the loop pauses, and ends the pause. */
  readonly resume: () => Promise<number>;
  readonly lists: () => number;
  readonly stop: () => Promise<void>;
}

/** What may differ from a cache of all ConfigMaps whose every pause is the longest. */
export interface Variation {
  /** Before the cache runs. */
  readonly prepare?: (objects: WatchedObjects) => void;
  readonly random?: () => number;
  readonly selection?: Pick<Source<Row>, 'labelSelector' | 'fieldSelector'>;
}

/** A cache that runs against a fake API server over real HTTP, on virtual time. */
export async function world({ prepare, random = () => 1, selection = {} }: Variation = {}): Promise<World> {
  const objects = await watchedObjects();
  prepare?.(objects);
  const clock = virtualClock();
  const log = recordedLog();
  // Without pacing, which would let the client rest in real time.
  const client = kubeClient(new HttpTransport({ kubeconfig: objects.server.kubeconfig, userAgent: 'test' }));
  const changes: Change<Row>[] = [];
  const events: CacheEvent[] = [];
  const cache = listWatch(
    { client, clock, log, random, onEvent: (event) => events.push(event) },
    { resource: configMaps, namespace: 'default', project, indexes: { value: (row) => [row.value] }, ...selection },
  );
  cache.onChange((change) => changes.push(change));
  const stopping = new AbortController();
  const running = cache.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort(new Error('stopped'));
    await running;
  };
  return {
    objects,
    cache,
    clock,
    log,
    changes,
    events,
    rows: () => [...cache.list()].map(({ name, value }) => `${name}=${value}`).toSorted(),
    watching: () => until('a watch is open', () => objects.openWatches === 1),
    async resume() {
      await until('the loop pauses', () => clock.pending === 1 && (clock.nextInMs ?? Infinity) < 60_000);
      const pauseMs = clock.nextInMs ?? 0;
      await clock.advance(pauseMs);
      return pauseMs;
    },
    lists: () => objects.server.requests.filter(({ url }) => url.searchParams.get('watch') !== 'true').length,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      assert.equal(clock.pending, 0, 'a timer was left behind');
      await client.close();
      await objects[Symbol.asyncDispose]();
    },
  };
}

/** Puts a mark and waits for it: everything before has then been taken in. */
export async function arrives({ objects, cache }: World, name: string, value: string): Promise<void> {
  objects.put(name, value);
  await until(`${name} arrives`, () => cache.get(`default/${name}`)?.value === value);
}
