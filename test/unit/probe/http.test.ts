import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { after, describe, test } from 'node:test';
import { type HttpTarget, type Network, probeOver } from '../../../src/probe/http.ts';
import { probeHttp } from '../../../src/probe/index.ts';
import { ResolveError } from '../../../src/probe/resolve.ts';
import { Listeners } from '../../kit/listeners.ts';
import { selfSigned } from '../../kit/self-signed.ts';

const path = '/.well-known/acme-challenge/token';
const expect = 'token.thumbprint';
const { certificate, key } = await selfSigned('other.example');
const listeners = new Listeners();
after(() => listeners.close());

async function serving(listener: RequestListener): Promise<number> {
  return listeners.listen(createServer(listener));
}

async function probing(port: number, target: Partial<HttpTarget> = {}): Promise<string> {
  const answer = await probeHttp({ host: 'shop.example', path, address: '127.0.0.1', port, expect, ...target });
  return answer.problem ?? 'ok';
}

/** A network on which every host is this machine, with one server for http and one for https. */
function networkOf(http: number, https = http): Network {
  return {
    addresses: () => Promise.resolve(['127.0.0.1']),
    port: (url) => (url.protocol === 'https:' ? https : http),
  };
}

async function probingOver(network: Network, timeoutMs = 5_000): Promise<string> {
  return (await probeOver(network, { host: 'shop.example', path, expect }, { timeoutMs })).problem ?? 'ok';
}

describe('an HTTP probe', () => {
  test('finds the expected body, whitespace at its end aside, under the host and path it asked for', async () => {
    const seen: unknown[] = [];
    const port = await serving((request, response) => {
      seen.push([request.method, request.url, request.headers.host, request.headers.connection]);
      response.end(`${expect}\r\n `);
    });
    assert.equal(await probing(port), 'ok');
    assert.deepEqual(seen, [['GET', path, 'shop.example', 'close']]);
  });

  test('finds an IPv6 literal, in brackets in the Host header', async () => {
    const hosts: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      hosts.push(request.headers.host);
      response.end(expect);
    });
    const port = await listeners.listen(server, '::1');
    assert.deepEqual(await probeHttp({ host: '::1', path, port, expect }), { ok: true });
    assert.deepEqual(hosts, ['[::1]']);
  });

  test('says the status, the server and its address', async () => {
    const port = await serving((_request, response) => {
      response.writeHead(404, { server: 'nginx' }).end();
    });
    assert.equal(await probing(port), `http://shop.example${path} answered 404 (nginx at 127.0.0.1:${port})`);
  });

  const bodies: readonly (readonly [name: string, body: string])[] = [
    ['another body', 'hello'],
    ['a longer body that begins well', `${expect}x`],
    ['a body with something in front', ` ${expect}`],
    ['an empty body', ''],
    ['a body without end that begins well', expect + ' '.repeat(1024 * 1024)],
  ];
  for (const [name, body] of bodies) {
    test(`does not take ${name}`, async () => {
      const port = await serving((_request, response) => void response.end(body));
      assert.equal(
        await probing(port),
        `http://shop.example${path} answered 200 with another body (at 127.0.0.1:${port})`,
      );
    });
  }

  test('does not take status 201 with the right body', async () => {
    const port = await serving((_request, response) => void response.writeHead(201).end(expect));
    assert.match(await probing(port), /answered 201 \(at 127\.0\.0\.1:\d+\)$/);
  });

  test('shows no control characters of the server', async () => {
    const server = createTcpServer((socket) => {
      socket.end(`HTTP/1.1 500 Oops\r\nServer: a\tb${'c'.repeat(100)}\r\nConnection: close\r\n\r\n`);
    });
    assert.match(await probing(await listeners.listen(server)), /answered 500 \(a bc{36}… at /);
  });

  test('says who refused the connection', async () => {
    const port = await listeners.closedPort(createTcpServer());
    assert.match(await probing(port), new RegExp(`did not answer: the connection was refused by 127.0.0.1:${port}$`));
  });

  test('says who closed the connection, and who speaks no HTTP', async () => {
    const closing = await listeners.listen(createTcpServer((socket) => socket.destroy()));
    assert.match(await probing(closing), /the connection was closed without an answer by 127\.0\.0\.1:\d+$/);
    const babbling = await listeners.listen(createTcpServer((socket) => void socket.end('SSH-2.0-x\r\n')));
    assert.match(await probing(babbling), /what answered at 127\.0\.0\.1:\d+ is no HTTP server$/);
  });

  test('says that a name does not resolve', async () => {
    const network: Network = {
      addresses: () => Promise.reject(new ResolveError('the name shop.example does not resolve')),
      port: () => 80,
    };
    assert.equal(await probingOver(network), 'the name shop.example does not resolve');
  });

  test('gives up at its deadline, before and within the answer', async () => {
    const silent = await listeners.listen(createTcpServer(() => {}));
    assert.match(
      await probingOver(networkOf(silent), 50),
      /^http:\/\/shop\.example\/.* did not answer within 0\.05 s$/,
    );
    const slow = await serving((_request, response) => {
      response.writeHead(200).write('tok');
    });
    assert.match(await probingOver(networkOf(slow), 50), /did not answer within 0\.05 s$/);
  });

  test("rejects with the signal's reason", async () => {
    const port = await listeners.listen(createTcpServer(() => {}));
    const abort = new AbortController();
    const reason = new Error('stopping');
    const probe = probeHttp(
      { host: 'shop.example', path, address: '127.0.0.1', port, expect },
      { signal: abort.signal },
    );
    abort.abort(reason);
    await assert.rejects(probe, reason);
    await assert.rejects(probeHttp({ host: 'shop.example', path, port, expect }, { signal: abort.signal }), reason);
  });

  test('tries the next address where the first refuses', async () => {
    const server = createServer((_request, response) => void response.end(expect));
    const port = await listeners.listen(server);
    const network: Network = { addresses: () => Promise.resolve(['::1', '127.0.0.1']), port: () => port };
    assert.equal(await probingOver(network), 'ok');
  });
});

describe('an HTTP probe that is redirected', () => {
  test('follows to https without verifying it, and to another host', async () => {
    const seen: unknown[] = [];
    const https = await listeners.listen(
      createTlsServer({ cert: certificate, key }, (request, response) => {
        seen.push([request.headers.host, request.url]);
        response.end(expect);
      }),
    );
    const http = await serving((request, response) => {
      seen.push([request.headers.host, request.url]);
      const first = request.headers.host === 'shop.example';
      response.writeHead(first ? 301 : 307, {
        location: first ? `http://www.shop.example${path}?a=b` : 'https://www.shop.example/x',
      });
      response.end();
    });
    assert.equal(await probingOver(networkOf(http, https)), 'ok');
    assert.deepEqual(seen, [
      ['shop.example', path],
      ['www.shop.example', `${path}?a=b`],
      ['www.shop.example', '/x'],
    ]);
  });

  test('stays at the given address while the host is the same', async () => {
    const port = await serving((request, response) => {
      if (request.url === '/there') response.end(expect);
      else response.writeHead(302, { location: '/there' }).end();
    });
    assert.equal(await probing(port), 'ok');
  });

  test('says where it ended', async () => {
    const port = await serving((request, response) => {
      if (request.url === '/login') response.writeHead(200, { server: 'caddy' }).end('<html>');
      else response.writeHead(302, { location: '/login' }).end();
    });
    assert.equal(
      await probing(port),
      `http://shop.example${path} redirected to http://shop.example/login, which answered 200 with another body (caddy at 127.0.0.1:${port})`,
    );
  });

  const refused: readonly (readonly [name: string, location: string, problem: RegExp])[] = [
    [
      'to another port',
      'http://shop.example:8080/',
      /to http:\/\/shop\.example:8080\/; a CA follows only to port 80 or 443$/,
    ],
    ['to another scheme', 'ftp://shop.example/', /a CA follows only to port 80 or 443$/],
    ['to itself', path, /which redirects in a circle$/],
    ['to no URL', 'http://[', /to "http:\/\/\[", which is no URL$/],
    ['to a long path', `/${'a'.repeat(2_000)}`, /to a path of more than 2000 characters$/],
  ];
  for (const [name, location, problem] of refused) {
    test(`refuses to go ${name}`, async () => {
      const port = await serving((_request, response) => void response.writeHead(302, { location }).end());
      assert.match(await probing(port), problem);
    });
  }

  test('gives up after 10 redirects', async () => {
    let requests = 0;
    const port = await serving((_request, response) => {
      requests += 1;
      response.writeHead(302, { location: `/${requests}` }).end();
    });
    assert.match(await probing(port), /to http:\/\/shop\.example\/11, the last of more than 10 redirects$/);
    assert.equal(requests, 11);
  });

  for (const status of [300, 303, 304]) {
    test(`does not follow status ${status}`, async () => {
      const port = await serving((_request, response) => void response.writeHead(status, { location: '/there' }).end());
      assert.match(await probing(port), new RegExp(`answered ${status} `));
    });
  }
});
