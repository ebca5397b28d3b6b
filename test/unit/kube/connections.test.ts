import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { HttpTransport } from '../../../src/kube/http-transport.ts';
import { connect, type KubeObject, leases, secrets } from '../../../src/kube/index.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import { selfSigned } from '../../kit/self-signed.ts';
import { connectProxy, tlsServer } from '../../kit/tls-server.ts';
import { until } from '../../kit/until.ts';

const pair = await selfSigned('127.0.0.1');
const user = { token: 'x' };
const userAgent = 'test';
const ref = { namespace: 'default', name: 'web' };
const request = {
  call: { verb: 'get', resource: secrets, ref },
  method: 'GET',
  path: '/api/v1/namespaces/default/secrets/web',
  lane: 'requests',
} as const;

function answer(response: ServerResponse, annotations: Record<string, string> = {}): void {
  const secret: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: { ...ref, annotations } };
  response.end(JSON.stringify(secret));
}

describe('connections to the API server', () => {
  test('are kept for the next call', async () => {
    await using server = await tlsServer(pair, (_request, response) => answer(response));
    const client = connect({ kubeconfig: server.kubeconfig(user), userAgent });
    for (let n = 0; n < 50; n += 1) await client.get(secrets, ref);
    assert.ok(server.connections <= 2, `${server.connections} connections`); // undici takes a second one while it ends a body
    await client.close();
  });

  test('are sixteen under a thousand calls at once', async () => {
    let most = 0;
    await using server = await tlsServer(pair, (_request, response) => {
      most = Math.max(most, server.open);
      answer(response);
    });
    const client = connect({ kubeconfig: server.kubeconfig(user), userAgent });
    await Promise.all(Array.from({ length: 1_000 }, () => client.get(secrets, ref)));
    assert.deepEqual([server.connections, most], [16, 16]);
    await client.close();
  });

  test('are there for the Lease behind a thousand calls that wait', async () => {
    const held: ServerResponse[] = [];
    await using server = await tlsServer(pair, (seen, response) => {
      if (seen.url?.includes('/leases/') !== true) held.push(response);
      else response.end(JSON.stringify({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: ref }));
    });
    const client = connect({ kubeconfig: server.kubeconfig(user), userAgent });
    const calls = Array.from({ length: 1_000 }, () => client.get(secrets, ref).catch(() => undefined));
    await until('all that may run do', () => held.length === 16);
    assert.equal((await client.get(leases, ref))?.kind, 'Lease');
    assert.equal(held.length, 16);
    await client.close();
    await Promise.all(calls);
  });

  test('are given to the next call when one is aborted, and none is left behind', async () => {
    const held: ServerResponse[] = [];
    await using server = await tlsServer(pair, (_request, response) => held.push(response));
    const client = connect({ kubeconfig: server.kubeconfig(user), userAgent });
    const abort = new AbortController();
    const aborted = client.get(secrets, ref, abort.signal);
    const calls = Array.from({ length: 16 }, () => client.get(secrets, ref));
    await until('all that may run do', () => held.length === 16);
    abort.abort(new Error('no longer wanted'));
    await assert.rejects(aborted, /no longer wanted/);
    await until('the next one is asked', () => held.length === 17);
    await until('the connection of the aborted one is closed', () => server.open === 16);
    for (const response of held) if (!response.destroyed) answer(response);
    await Promise.all(calls);
    await client.close();
  });

  test('end their call when it takes too long', async () => {
    await using server = await tlsServer(pair, () => undefined);
    const transport = new HttpTransport({ kubeconfig: server.kubeconfig(user), userAgent });
    await assert.rejects(transport.send({ ...request, limitMs: 50 }), /no answer within 0.05 s/);
    await until('the connection is closed', () => server.open === 0);
    await transport.close();
  });

  test('end their call also while they are being made', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    const sockets: Socket[] = [];
    silent.on('connection', (socket) => sockets.push(socket.on('error', () => undefined)));
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await using server = await tlsServer(pair, () => undefined);
    const kubeconfig = server.kubeconfig(user, { server: `https://127.0.0.1:${port}` });
    const transport = new HttpTransport({ kubeconfig, userAgent });
    await assert.rejects(transport.send({ ...request, limitMs: 50 }), /no answer within 0.05 s/);
    const abort = new AbortController();
    const aborted = transport.send({ ...request, limitMs: 10_000 }, abort.signal);
    abort.abort(new Error('no longer wanted'));
    await assert.rejects(aborted, /no longer wanted/);
    await transport.close();
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

describe('a client certificate', () => {
  const nameOf = (socket: unknown): string => String((socket as TLSSocket).getPeerCertificate().subject?.CN);

  test('is shown to the API server, and the new one when its files change', async () => {
    const [first, second] = [await selfSigned('first'), await selfSigned('second')];
    const authorities = { requestCert: true, ca: [first.certificate, second.certificate] };
    const tls = (seen: { socket: unknown }, response: ServerResponse): void =>
      answer(response, { seen: nameOf(seen.socket) });
    await using server = await tlsServer(pair, tls, authorities);
    const [certificate, key] = [join(server.folder, 'client.crt'), join(server.folder, 'client.key')];
    writeFileSync(certificate, first.certificate);
    writeFileSync(key, first.key);
    const kubeconfig = server.kubeconfig({ 'client-certificate': certificate, 'client-key': key });
    const client = connect({ kubeconfig, userAgent });
    const seen = async (): Promise<string | undefined> =>
      (await client.get(secrets, ref))?.metadata.annotations?.['seen'];
    assert.equal(await seen(), 'first');
    writeFileSync(key, second.key);
    writeFileSync(certificate, second.certificate);
    const deadline = performance.now() + 10_000;
    while ((await seen()) !== 'second') assert.ok(performance.now() < deadline, 'the new certificate is not shown');
    await client.close();
  });

  test('may come from a credential plugin', async () => {
    const own = await selfSigned('plugin');
    const tls = (seen: { socket: unknown }, response: ServerResponse): void =>
      answer(response, { seen: nameOf(seen.socket) });
    await using server = await tlsServer(pair, tls, { requestCert: true, ca: own.certificate });
    const credential = join(server.folder, 'credential.json');
    const status = { clientCertificateData: own.certificate, clientKeyData: own.key };
    writeFileSync(credential, JSON.stringify({ kind: 'ExecCredential', status }));
    const kubeconfig = server.kubeconfig({ exec: { command: '/bin/cat', args: [credential] } });
    const client = connect({ kubeconfig, userAgent });
    assert.equal((await client.get(secrets, ref))?.metadata.annotations?.['seen'], 'plugin');
    await client.close();
  });
});

describe('the proxy that a kubeconfig names', () => {
  test('leads to the API server by a bounded number of tunnels, with its credentials', async () => {
    await using server = await tlsServer(pair, (_request, response) => answer(response));
    await using proxy = await connectProxy();
    const cluster = { 'proxy-url': `http://me:secret@127.0.0.1:${proxy.port}` };
    const client = connect({ kubeconfig: server.kubeconfig(user, cluster), userAgent });
    await Promise.all(Array.from({ length: 200 }, () => client.get(secrets, ref)));
    assert.equal(proxy.asked.length, 16);
    const asked = { to: new URL(server.url).host, authorization: `Basic ${btoa('me:secret')}` };
    assert.deepEqual(proxy.asked[0], asked);
    assert.equal(server.connections, 16);
    await client.close();
    await until('every tunnel is closed', () => proxy.open === 0);
  });

  test('ends no call later than its own limit though it does not answer, and holds nothing afterwards', async () => {
    await using server = await tlsServer(pair, (_request, response) => answer(response));
    await using proxy = await connectProxy(false);
    const cluster = { 'proxy-url': `http://127.0.0.1:${proxy.port}` };
    const transport = new HttpTransport({ kubeconfig: server.kubeconfig(user, cluster), userAgent });
    await assert.rejects(transport.send({ ...request, limitMs: 100 }), TransientError);
    await transport.close();
    await until('what it was asked is given up', () => proxy.open === 0);
  });

  test('that is not there is an error that may pass', async () => {
    await using server = await tlsServer(pair, (_request, response) => answer(response));
    const proxy = await connectProxy();
    await proxy[Symbol.asyncDispose]();
    const cluster = { 'proxy-url': `http://127.0.0.1:${proxy.port}` };
    const client = connect({ kubeconfig: server.kubeconfig(user, cluster), userAgent });
    await assert.rejects(client.get(secrets, ref), TransientError);
    await client.close();
  });
});
