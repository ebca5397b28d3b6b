import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { challengeServer, type Limits, limits, type ResponderOutcome } from '../../../src/responder/server.ts';
import { heard, parsed, request, speak } from './raw-http.ts';

const path = '/.well-known/acme-challenge/';
const token = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA';

async function served(bounds: Limits = limits) {
  const outcomes: ResponderOutcome[] = [];
  const state: { draining: boolean; id: string | undefined } = { draining: false, id: 'b5e0c5' };
  const known = new Map([
    ['www.example.com', `${token}.thumb`],
    ['192.0.2.7', `${token}.thumb`],
    ['2001:db8::1', `${token}.thumb`],
  ]);
  const server = challengeServer(
    {
      keyAuthorization: (host, asked) => (asked === token ? known.get(host) : undefined),
      installationId: () => state.id,
      draining: () => state.draining,
      onAnswer: (outcome) => outcomes.push(outcome),
    },
    bounds,
  );
  await server.listen({ port: 0, host: '127.0.0.1' });
  const address = server.server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    port: address.port,
    outcomes,
    state,
    ask: async (text: string) => parsed(await speak(address.port, text)),
    async [Symbol.asyncDispose]() {
      server.server.closeAllConnections();
      await server.close();
    },
  };
}

describe('challenge server', () => {
  test('answers a pending challenge with its key authorization, uncached and not to be sniffed', async () => {
    await using world = await served();
    const { status, headers, body } = await world.ask(request('GET', path + token));
    assert.equal(status, 200);
    assert.equal(body, `${token}.thumb`);
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-store');
    assert.deepEqual(world.outcomes, ['challenge']);
  });

  test('answers HEAD with the length and without the body', async () => {
    await using world = await served();
    const { status, headers, body } = await world.ask(request('HEAD', path + token));
    assert.equal(status, 200);
    assert.equal(headers['content-length'], String(`${token}.thumb`.length));
    assert.equal(body, '');
  });

  for (const host of ['WWW.EXAMPLE.COM', 'www.example.com.', 'www.example.com:80', '192.0.2.7', '[2001:DB8:0::1]:80']) {
    test(`answers the host written ${host}`, async () => {
      await using world = await served();
      assert.equal((await world.ask(request('GET', path + token, { host }))).status, 200);
    });
  }

  const refused: readonly (readonly [name: string, text: string])[] = [
    ['an unknown token', request('GET', `${path}unknown`)],
    ['a known token of another host', request('GET', path + token, { host: 'other.example.com' })],
    [
      'a host that only a proxy header names',
      request('GET', path + token, { host: 'o.com', 'x-forwarded-host': 'www.example.com' }),
    ],
    ['an empty token', request('GET', path)],
    ['a trailing slash', request('GET', `${path}${token}/`)],
    ['a doubled slash', request('GET', `/.well-known//acme-challenge/${token}`)],
    ['another case of the path', request('GET', `/.Well-Known/acme-challenge/${token}`)],
    ['another case of the token', request('GET', path + token.toUpperCase())],
    ['a longer path', request('GET', `${path}${token}/x`)],
    ['a shorter path', request('GET', '/.well-known/acme-challenge')],
    ['the root', request('GET', '/')],
    ['encoded traversal', request('GET', `${path}%2e%2e%2f%2e%2e%2fetc%2fpasswd`)],
    ['traversal', request('GET', `${path}../acme-challenge/${token}`)],
    ['a name that every object has', request('GET', `${path}__proto__`)],
    ['an encoding that is none', request('GET', `${path}%zz`)],
    ['a token of 257 characters', request('GET', path + 'a'.repeat(257))],
    ['a token of 7,000 characters', request('GET', path + 'a'.repeat(7000))],
    ['POST', `${request('POST', path + token, { 'content-length': '2', 'content-type': 'application/json' })}{}`],
    [
      'POST of a type that nobody parses',
      `${request('POST', path + token, { 'content-length': '2', 'content-type': ';' })}{}`,
    ],
    ['PUT elsewhere', request('PUT', '/')],
    ['DELETE', request('DELETE', path + token)],
    ['OPTIONS', request('OPTIONS', path + token)],
    ['TRACE', request('TRACE', path + token)],
    ['PROPFIND', request('PROPFIND', path + token)],
  ];
  for (const [name, text] of refused) {
    test(`answers ${name} with 404, no body and nothing to cache`, async () => {
      await using world = await served();
      const { status, headers, body } = await world.ask(text);
      assert.equal(status, 404);
      assert.equal(body, '');
      assert.equal(headers['content-length'], '0');
      assert.equal(headers['cache-control'], 'no-store');
      assert.deepEqual(world.outcomes, ['notFound']);
    });
  }

  test('answers the reachability token with the installation id on any host, without one too', async () => {
    await using world = await served();
    for (const host of ['www.example.com', 'anything.test', '198.51.100.9:8080']) {
      assert.equal((await world.ask(request('GET', `${path}evercert-reachability`, { host }))).body, 'b5e0c5');
    }
    const old = await world.ask(`GET ${path}evercert-reachability HTTP/1.0\r\n\r\n`);
    assert.equal(old.body, 'b5e0c5');
    assert.deepEqual(new Set(world.outcomes), new Set(['reachability']));
  });

  test('answers the reachability token with 404 before the installation id is known', async () => {
    await using world = await served();
    world.state.id = undefined;
    assert.equal((await world.ask(request('GET', `${path}evercert-reachability`))).status, 404);
  });

  test('refuses what is no HTTP with 400 and no body', async () => {
    await using world = await served();
    const { status, body } = await world.ask('SSH-2.0-OpenSSH_9.2\r\n\r\n');
    assert.deepEqual([status, body], [400, '']);
    assert.deepEqual(world.outcomes, ['refused']);
  });

  test('refuses a header of more than 8 KiB with 431', async () => {
    await using world = await served();
    const flood = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-${index}`, 'a'.repeat(100)]));
    const { status, body } = await world.ask(request('GET', path + token, flood));
    assert.deepEqual([status, body], [431, '']);
  });

  test('cuts half a header off', async () => {
    await using world = await served({ ...limits, headersMs: 150, checkMs: 30 });
    const started = performance.now();
    const { status } = await world.ask(`GET ${path}${token} HTTP/1.1\r\nhost: www.exam`);
    assert.equal(status, 408);
    assert.ok(performance.now() - started < limits.requestMs / 2, 'the bound of the whole request cut it off');
    assert.deepEqual(world.outcomes, ['refused']);
  });

  test('cuts a header off that drips in byte by byte', async () => {
    await using world = await served({ ...limits, headersMs: 150, checkMs: 30 });
    const socket = connect(world.port, '127.0.0.1');
    const answer = heard(socket);
    const drip = setInterval(() => socket.write('x'), 20);
    socket.write('GET / HTTP/1.1\r\nx-drip: ');
    assert.match(await answer, /^HTTP\/1\.1 408 /);
    clearInterval(drip);
  });

  test('closes a connection that says nothing', async () => {
    await using world = await served({ ...limits, silenceMs: 100 });
    assert.equal(await speak(world.port, ''), '');
  });

  test('answers beside 200 idle connections', async () => {
    await using world = await served();
    const idle = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket = connect(world.port, '127.0.0.1');
        await once(socket, 'connect');
        socket.write('GET / HT');
        return socket;
      }),
    );
    const started = performance.now();
    assert.equal((await world.ask(request('GET', path + token))).status, 200);
    assert.ok(performance.now() - started < 1000, 'the answer waited for the idle ones');
    for (const socket of idle) socket.destroy();
  });

  test('asks for the end of the connection while draining, and only then', async () => {
    await using world = await served();
    const socket = connect(world.port, '127.0.0.1');
    const answers = heard(socket);
    const kept = request('GET', path + token, { connection: 'keep-alive' });
    socket.write(kept);
    await once(socket, 'data');
    world.state.draining = true;
    socket.write(kept);
    const [, first = '', second = ''] = (await answers).split('HTTP/1.1 ');
    assert.match(first, /^200 .*connection: keep-alive/is);
    assert.match(second, /^200 .*connection: close/is);
  });
});
