import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeClient } from '../../../src/kube/index.ts';
import { makeCaches, measureCaches, named, staleCaches } from '../../../src/processes/caches.ts';
import { createMetrics } from '../../../src/telemetry/index.ts';
import { virtualClock } from '../../kit/clock.ts';
import { recordedLog } from '../../kit/log.ts';

/** An API server that holds nothing, and opens watches only while `isThere`. */
function caches() {
  const server = { isThere: true };
  const rejectedBy = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  const client: Pick<KubeClient, 'list' | 'watch'> = {
    list: async () => ({ items: [], resourceVersion: '1' }),
    watch: async (_resource, _selection, _from, signal) => {
      if (!server.isThere) return rejectedBy(signal);
      return {
        async *[Symbol.asyncIterator]() {
          yield await rejectedBy(signal);
        },
      };
    },
  };
  const clock = virtualClock();
  const metrics = createMetrics({ node: false });
  const made = makeCaches({ client, clock, log: recordedLog(), metrics, random: () => 1 }, 'evercert');
  const ending = new AbortController();
  const running = named(made).map(([, cache]) => cache.run(ending.signal));
  return {
    server,
    clock,
    metrics,
    made,
    async [Symbol.asyncDispose]() {
      ending.abort(new Error('the test is over'));
      await Promise.all(running);
    },
  };
}

describe('the caches of the operator', () => {
  test('are not ready before each has listed, and are then', async () => {
    await using at = caches();
    assert.equal(staleCaches(at.made).length, named(at.made).length);
    assert.match(staleCaches(at.made)[0] ?? '', /^certificates have not been listed yet$/);
    await at.clock.settle();
    assert.deepEqual(staleCaches(at.made), []);
  });

  test('are no longer ready when nothing was heard for three minutes, and are again once a watch opens', async () => {
    await using at = caches();
    at.server.isThere = false;
    await at.clock.settle();
    await at.clock.advance(180_000);
    assert.deepEqual(staleCaches(at.made), []);
    await at.clock.advance(1_000);
    assert.equal(staleCaches(at.made).length, named(at.made).length);
    assert.equal(staleCaches(at.made)[0], 'nothing was heard of certificates for 181 s');
    at.server.isThere = true;
    await at.clock.advance(120_000);
    assert.deepEqual(staleCaches(at.made), []);
  });

  test('stay ready while a server has nothing to say but opens watches', async () => {
    await using at = caches();
    for (let minutes = 0; minutes < 30; minutes += 1) {
      await at.clock.advance(60_000);
      assert.deepEqual(staleCaches(at.made), []);
    }
  });

  test('tell how much they hold, how long ago they heard of it, and what happened to them', async () => {
    await using at = caches();
    await at.clock.settle();
    await at.clock.advance(7_000);
    measureCaches(at.made, at.metrics);
    const { text } = await at.metrics.exposition();
    assert.match(text, /evercert_cache_objects\{resource="secrets"\} 0/);
    assert.match(text, /evercert_cache_silent_seconds\{resource="secrets"\} 7/);
    assert.match(text, /evercert_cache_events_total\{resource="secrets",event="listed"\} 1/);
    assert.match(text, /evercert_cache_events_total\{resource="clusterIssuers",event="watched"\} 1/);
  });
});
