import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { createResponder } from '../../../src/responder/index.ts';
import { virtualClock } from '../../kit/clock.ts';
import { until } from '../../kit/until.ts';
import { fakeOrders, withOrder } from './orders.ts';
import { heard, parsed, request, speak } from './raw-http.ts';
import { silentLog } from './silent-log.ts';

const challenge = request('GET', '/.well-known/acme-challenge/tok');
const drainMs = 5000;

async function started(options: { id?: string; port?: number } = { id: 'b5e0c5' }) {
  const installation = { id: options.id };
  const clock = virtualClock();
  const orders = fakeOrders();
  const parts = { orders, clock, log: silentLog, port: options.port ?? 0, drainMs };
  const responder = createResponder({ ...parts, readInstallation: async () => installation.id });
  const controller = new AbortController();
  const run = responder.run(controller.signal);
  let ended = false;
  const end = (): void => void (ended = true);
  run.then(end, end); // awaited by the tests that expect it to reject
  return {
    responder,
    run,
    orders,
    clock,
    installation,
    abort: () => controller.abort(),
    async [Symbol.asyncDispose]() {
      controller.abort();
      await until('it drains or has ended', () => ended || clock.pending === 2);
      await clock.advance(drainMs + 5000);
      await run.catch(() => undefined);
    },
  };
}

async function ready(world: Awaited<ReturnType<typeof started>>): Promise<number> {
  const port = await world.responder.listening;
  await until('it is ready', () => world.responder.notReady().length === 0);
  return port;
}

describe('responder', () => {
  test('answers an order from the moment it is in the cache until it leaves', async () => {
    await using world = await started();
    const port = await ready(world);
    assert.equal(parsed(await speak(port, challenge)).status, 404);
    world.orders.put(withOrder('web', 'www.example.com', 'tok'));
    assert.equal(parsed(await speak(port, challenge)).body, 'tok.thumb');
    world.orders.drop('web');
    assert.equal(parsed(await speak(port, challenge)).status, 404);
  });

  test('is reached over IPv4 and, where the machine has it, over IPv6', async () => {
    await using world = await started();
    const port = await ready(world);
    assert.equal(parsed(await speak(port, challenge)).status, 404);
    const socket = connect(port, '::1');
    const answer = heard(socket);
    const failed = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(false));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
    });
    if (!failed) {
      socket.write(challenge);
      assert.equal(parsed(await answer).status, 404);
    }
  });

  test('is not ready before it listens', async () => {
    await using world = await started();
    assert.match(world.responder.notReady().join('\n'), /not listened on yet/);
    await ready(world);
  });

  test('is not ready before the orders are listed', async () => {
    await using world = await started();
    await ready(world);
    world.orders.synced = false;
    assert.deepEqual(world.responder.notReady(), ['the Certificates with a pending order have not been listed yet']);
  });

  test('is not ready before the installation id is known, and says who makes it', async () => {
    await using world = await started({});
    await world.responder.listening;
    const [reason = '', ...others] = world.responder.notReady();
    assert.match(reason, /the operator makes it \(ConfigMap evercert-installation\)/);
    assert.deepEqual(others, []);
    world.installation.id = 'b5e0c5';
    await until('one timer waits', () => world.clock.pending === 1);
    await world.clock.advance(1000);
    await until('it is ready', () => world.responder.notReady().length === 0);
  });

  test('is not ready after 90 s without event or bookmark, but still answers what it holds', async () => {
    await using world = await started();
    const port = await ready(world);
    world.orders.put(withOrder('web', 'www.example.com', 'tok'));
    world.orders.silent = 90_000;
    assert.deepEqual(world.responder.notReady(), []);
    world.orders.silent = 91_000;
    assert.match(world.responder.notReady().join('\n'), /neither event nor bookmark for 91 s/);
    assert.equal(parsed(await speak(port, challenge)).body, 'tok.thumb');
  });

  test('drains: unready at once, answers new orders for the whole drain, then closes and ends its watch', async () => {
    await using world = await started();
    const port = await ready(world);
    world.abort();
    await until('two timers wait', () => world.clock.pending === 2);
    assert.deepEqual(world.responder.notReady(), ['the responder is shutting down']);
    await world.clock.advance(drainMs - 1);
    world.orders.put(withOrder('web', 'www.example.com', 'tok'));
    assert.equal(parsed(await speak(port, challenge)).body, 'tok.thumb');
    assert.equal(world.orders.running, true);
    await world.clock.advance(1);
    await world.run;
    assert.equal(world.orders.running, false);
    assert.equal(world.clock.pending, 0);
    assert.equal(await speak(port, challenge), '', 'nobody listens any more');
  });

  test('closes idle keep-alive connections at the end of the drain without waiting for them', async () => {
    await using world = await started();
    const port = await ready(world);
    const socket = connect(port, '127.0.0.1');
    const closed = heard(socket);
    socket.write(request('GET', '/', { connection: 'keep-alive' }));
    await once(socket, 'data');
    world.abort();
    await until('two timers wait', () => world.clock.pending === 2);
    await world.clock.advance(drainMs);
    await world.run;
    await closed;
  });

  test('lets a request that is under way end after the drain', async () => {
    await using world = await started();
    const port = await ready(world);
    world.orders.put(withOrder('web', 'www.example.com', 'tok'));
    const socket = connect(port, '127.0.0.1');
    const answer = heard(socket);
    socket.write('GET /.well-known/acme-challenge/tok HTTP/1.1\r\n');
    await once(socket, 'connect');
    await speak(port, challenge); // the server has read the first half by now
    world.abort();
    await until('two timers wait', () => world.clock.pending === 2);
    await world.clock.advance(drainMs);
    socket.write('host: www.example.com\r\n\r\n');
    const { status, headers, body } = parsed(await answer);
    assert.deepEqual([status, headers['connection'], body], [200, 'close', 'tok.thumb']);
    await world.run;
  });

  test('cuts off, 5 s after the drain, a request that never ends', async () => {
    await using world = await started();
    const port = await ready(world);
    const socket = connect(port, '127.0.0.1');
    const answer = heard(socket);
    socket.write('GET / HTTP/1.1\r\nx-half: ');
    await once(socket, 'connect');
    await speak(port, challenge);
    world.abort();
    await until('two timers wait', () => world.clock.pending === 2);
    await world.clock.advance(drainMs);
    await world.clock.advance(5000);
    await world.run;
    assert.equal(await answer, '');
  });

  test('rejects when its port is taken, and ends its watch', async () => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    await using world = await started({ id: 'b5e0c5', port: address.port });
    await assert.rejects(world.run, { code: 'EADDRINUSE' });
    assert.equal(world.orders.running, false);
    other.close();
  });
});
