import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { createServer as createTcpServer } from 'node:net';
import { after, describe, test } from 'node:test';
import { createSecureContext, createServer } from 'node:tls';
import { probeTls } from '../../../src/probe/index.ts';
import { Listeners } from '../../kit/listeners.ts';
import { selfSigned } from '../../kit/self-signed.ts';

const listeners = new Listeners();
after(() => listeners.close());

const usual = await selfSigned('shop.example');
const renewed = await selfSigned('shop.example');
const other = await selfSigned('other.example');

function fingerprintOf({ certificate }: { certificate: string }): string {
  return createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
}

describe('a TLS probe', () => {
  test('gives the SHA-256 of the leaf served for the name, without verifying it', async () => {
    const server = createServer({ cert: usual.certificate, key: usual.key });
    server.addContext('other.example', createSecureContext({ cert: other.certificate, key: other.key }));
    const port = await listeners.listen(server);
    const target = { address: '127.0.0.1', port };
    assert.deepEqual(await probeTls({ ...target, serverName: 'shop.example' }), {
      ok: true,
      fingerprint: fingerprintOf(usual),
    });
    assert.deepEqual(await probeTls({ ...target, serverName: 'other.example' }), {
      ok: true,
      fingerprint: fingerprintOf(other),
    });
    assert.deepEqual(await probeTls({ ...target, serverName: '192.0.2.1' }), {
      ok: true,
      fingerprint: fingerprintOf(usual),
    });
  });

  test('sees a new certificate at once, because it resumes no session', async () => {
    const server = createServer({ cert: usual.certificate, key: usual.key, maxVersion: 'TLSv1.2' });
    const target = { address: '127.0.0.1', port: await listeners.listen(server), serverName: 'shop.example' };
    await probeTls(target);
    server.setSecureContext({ cert: renewed.certificate, key: renewed.key });
    assert.deepEqual(await probeTls(target), { ok: true, fingerprint: fingerprintOf(renewed) });
  });

  test('says who refused the connection', async () => {
    const port = await listeners.closedPort(createTcpServer());
    assert.deepEqual(await probeTls({ address: '127.0.0.1', port, serverName: 'shop.example' }), {
      ok: false,
      problem: `127.0.0.1:${port} shows no certificate: the connection was refused by 127.0.0.1:${port}`,
    });
  });

  test('says that the server speaks no TLS', async () => {
    const port = await listeners.listen(
      createTcpServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    const { ok, problem } = await probeTls({ address: '127.0.0.1', port, serverName: 'shop.example' });
    assert.equal(ok, false);
    assert.match(problem ?? '', new RegExp(`no TLS session came about with 127.0.0.1:${port}$`));
  });

  test('gives up at its deadline', async () => {
    const port = await listeners.listen(createTcpServer(() => {}));
    const answer = await probeTls({ address: '127.0.0.1', port, serverName: 'shop.example' }, { timeoutMs: 50 });
    assert.deepEqual(answer, { ok: false, problem: `127.0.0.1:${port} did not answer within 0.05 s` });
  });

  test("rejects with the signal's reason", async () => {
    const port = await listeners.listen(createTcpServer(() => {}));
    const abort = new AbortController();
    const probe = probeTls({ address: '127.0.0.1', port, serverName: 'shop.example' }, { signal: abort.signal });
    abort.abort(new Error('stopping'));
    await assert.rejects(probe, /stopping/);
  });
});
