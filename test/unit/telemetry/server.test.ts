import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { createMetrics, startTelemetryServer } from '../../../src/telemetry/index.ts';
import { virtualClock } from '../../kit/clock.ts';
import { logged } from './lines.ts';

async function served() {
  const metrics = createMetrics({ node: false });
  const state: { notHealthy: string[]; notReady: string[] } = { notHealthy: [], notReady: [] };
  const controller = new AbortController();
  const clock = virtualClock();
  const { log, lines } = logged();
  const server = await startTelemetryServer(
    { port: 0, metrics, log, clock, notHealthy: () => state.notHealthy, notReady: () => state.notReady },
    controller.signal,
  );
  return {
    ...server,
    metrics,
    state,
    clock,
    lines,
    abort: () => controller.abort(),
    async ask(path: string, method = 'GET') {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
      return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await server.closed;
    },
  };
}

describe('telemetry server', () => {
  test('serves the metrics as Prometheus reads them', async () => {
    await using world = await served();
    world.metrics.certificatesIssued.inc({});
    const { status, type, text } = await world.ask('/metrics');
    assert.equal(status, 200);
    assert.equal(type, 'text/plain; version=0.0.4; charset=utf-8');
    assert.match(text, /^evercert_certificates_issued_total 1$/m);
  });

  test('makes the metrics at most once a second', async () => {
    await using world = await served();
    let collected = 0;
    world.metrics.beforeScrape(() => {
      collected += 1;
    });
    await Promise.all([world.ask('/metrics'), world.ask('/metrics')]);
    assert.equal(collected, 1);
    await world.clock.advance(1000);
    await world.ask('/metrics');
    assert.equal(collected, 2);
  });

  test('answers 500 where the metrics cannot be collected, logs why, and recovers', async () => {
    await using world = await served();
    let broken = true;
    world.metrics.beforeScrape(() => {
      if (broken) throw new Error('the cache is gone');
    });
    assert.equal((await world.ask('/metrics')).status, 500);
    assert.match(JSON.stringify(await world.lines()), /the cache is gone/);
    broken = false;
    await world.clock.advance(1000);
    assert.equal((await world.ask('/metrics')).status, 200);
  });

  test('says that the process is healthy and ready', async () => {
    await using world = await served();
    assert.deepEqual(await world.ask('/healthz'), {
      status: 200,
      type: 'text/plain; charset=utf-8',
      text: 'healthy\n',
    });
    assert.deepEqual(await world.ask('/readyz?verbose'), {
      status: 200,
      type: 'text/plain; charset=utf-8',
      text: 'ready\n',
    });
  });

  test('says all that keeps the process from being ready, and keeps health apart from it', async () => {
    await using world = await served();
    world.state.notReady = ['the Secrets have not been listed yet', 'the lease is lost'];
    const { status, text } = await world.ask('/readyz');
    assert.equal(status, 503);
    assert.equal(text, 'not ready:\n- the Secrets have not been listed yet\n- the lease is lost\n');
    assert.equal((await world.ask('/healthz')).status, 200);
    world.state.notHealthy = ['the loop has ended'];
    assert.equal((await world.ask('/healthz')).text, 'not healthy:\n- the loop has ended\n');
  });

  test('answers HEAD without a body, other paths with what there is, and other methods with 405', async () => {
    await using world = await served();
    assert.deepEqual(await world.ask('/readyz', 'HEAD'), { status: 200, type: 'text/plain; charset=utf-8', text: '' });
    assert.equal((await world.ask('/')).text, 'there are /metrics, /healthz and /readyz\n');
    assert.equal((await world.ask('/metrics', 'POST')).status, 405);
  });

  test('closes when aborted, whoever is still connected', async () => {
    await using world = await served();
    const socket = connect(world.port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    await world.ask('/healthz');
    world.abort();
    await world.closed;
    await assert.rejects(world.ask('/healthz'));
  });

  test('does not start on a port that is taken', async () => {
    await using world = await served();
    const parts = { metrics: world.metrics, log: logged().log, notHealthy: () => [], notReady: () => [] };
    await assert.rejects(startTelemetryServer({ ...parts, port: world.port }, new AbortController().signal), {
      code: 'EADDRINUSE',
    });
  });
});
