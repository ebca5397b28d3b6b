import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  connect,
  createOnly,
  ingressClasses,
  type KubeObject,
  keyOf,
  refOf,
  secrets,
} from '../../../src/kube/index.ts';
import { TerminalError, TransientError } from '../../../src/runtime/index.ts';
import { type Answerer, scriptedServer } from '../../kit/api-server.ts';
import { selfSigned } from '../../kit/self-signed.ts';
import { until } from '../../kit/until.ts';

const secret: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'default', name: 'web' } };
const ref = { namespace: 'default', name: 'web' };
const echo: Answerer = (_request, response) => response.end(JSON.stringify(secret));

describe('the client', () => {
  test('applies as JSON in an apply patch, with manager, force and strict validation', async () => {
    await using server = await scriptedServer(echo);
    const client = connect({ kubeconfig: server.kubeconfig, userAgent: 'evercert/test' });
    await client.apply(secrets, secret, { manager: 'evercert-test', force: true });
    const [seen] = server.requests;
    assert.equal(seen?.method, 'PATCH');
    assert.equal(seen.url.pathname, '/api/v1/namespaces/default/secrets/web');
    assert.equal(seen.url.search, '?fieldManager=evercert-test&force=true&fieldValidation=Strict');
    assert.equal(seen.headers['content-type'], 'application/apply-patch+yaml');
    assert.equal(seen.headers['user-agent'], 'evercert/test');
    assert.equal(seen.headers.authorization, 'Bearer first-token');
    assert.deepEqual(JSON.parse(seen.body), secret);
    await client.close();
  });

  test('writes a status to its subresource, and finds what has no namespace', async () => {
    await using server = await scriptedServer((request, response) => {
      const kind = request.url.pathname.includes('secrets') ? secret : undefined;
      response.end(
        JSON.stringify(
          kind ?? { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name: 'traefik' } },
        ),
      );
    });
    const client = connect({ kubeconfig: server.kubeconfig, userAgent: 'test' });
    await client.apply(secrets, secret, { manager: 'm', subresource: 'status' });
    await client.get(ingressClasses, { name: 'traefik' });
    assert.deepEqual(
      server.requests.map(({ url }) => url.pathname),
      ['/api/v1/namespaces/default/secrets/web/status', '/apis/networking.k8s.io/v1/ingressclasses/traefik'],
    );
    await client.close();
  });

  test('deletes only the object it means', async () => {
    await using server = await scriptedServer((_request, response) => response.end('{}'));
    const client = connect({ kubeconfig: server.kubeconfig, userAgent: 'test' });
    await client.remove(secrets, ref, { uid: 'one', resourceVersion: '7' });
    const { preconditions, propagationPolicy } = JSON.parse(server.requests[0]?.body ?? '') as Record<string, unknown>;
    assert.deepEqual(
      { preconditions, propagationPolicy },
      { preconditions: { uid: 'one', resourceVersion: '7' }, propagationPolicy: 'Background' },
    );
    await client.close();
  });

  for (const name of ['', '.', '..']) {
    test(`refuses '${name}' as a name before anything is sent`, async () => {
      await using server = await scriptedServer(echo);
      const client = connect({ kubeconfig: server.kubeconfig, userAgent: 'test' });
      await assert.rejects(client.get(secrets, { namespace: 'default', name }), TerminalError);
      await assert.rejects(client.get(secrets, { namespace: name, name: 'web' }), TerminalError);
      assert.equal(server.requests.length, 0);
      await client.close();
    });
  }

  test('reads the token again after a 401', async () => {
    await using server = await scriptedServer((request, response) => {
      if (request.headers.authorization === 'Bearer second-token') echo(request, response);
      else response.writeHead(401).end();
    });
    const client = connect({ kubeconfig: server.kubeconfig, userAgent: 'test' });
    await assert.rejects(client.get(secrets, ref), TransientError);
    writeFileSync(server.tokenFile, 'second-token\n');
    assert.equal((await client.get(secrets, ref))?.metadata.name, 'web');
    await client.close();
  });

  test('trusts a new CA as soon as its file is there, and until then nothing else', async () => {
    const [before, after] = [await selfSigned('127.0.0.1'), await selfSigned('127.0.0.1')];
    await using folder = await mkdtempDisposable(join(tmpdir(), 'evercert-ca-'));
    const server = createServer({ key: before.key, cert: before.certificate }, (_request, response) =>
      response.end(JSON.stringify(secret)),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const ca = join(folder.path, 'ca.crt');
    const kubeconfig = join(folder.path, 'kubeconfig');
    writeFileSync(ca, before.certificate);
    const cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority': ca };
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        clusters: [{ name: 'x', cluster }],
        users: [{ name: 'x', user: { token: 'x' } }],
        contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
        'current-context': 'x',
      }),
    );
    const client = connect({ kubeconfig, userAgent: 'test' });
    assert.equal((await client.get(secrets, ref))?.metadata.name, 'web');
    server.setSecureContext({ key: after.key, cert: after.certificate });
    server.closeAllConnections();
    await assert.rejects(client.get(secrets, ref), TransientError);
    await assert.rejects(client.get(secrets, ref), /self-signed certificate/);
    writeFileSync(ca, after.certificate);
    assert.equal((await client.get(secrets, ref))?.metadata.name, 'web');
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('asks a credential plugin for the token, once for many calls', async () => {
    await using server = await scriptedServer(echo);
    await using folder = await mkdtempDisposable(join(tmpdir(), 'evercert-exec-'));
    const asked = join(folder.path, 'asked');
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'from-the-plugin' },
    };
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: '/bin/sh',
      args: ['-c', `echo asked >> ${asked}; echo '${JSON.stringify(credential)}'`],
    };
    const known = JSON.parse(readFileSync(server.kubeconfig, 'utf8')) as Record<string, unknown>;
    const kubeconfig = join(folder.path, 'kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify({ ...known, users: [{ name: 'fake', user: { exec } }] }));
    const client = connect({ kubeconfig, userAgent: 'test' });
    await Promise.all(Array.from({ length: 10 }, () => client.get(secrets, ref)));
    assert.ok(server.requests.every(({ headers }) => headers.authorization === 'Bearer from-the-plugin'));
    assert.equal(readFileSync(asked, 'utf8'), 'asked\n');
    await client.close();
  });

  test('leaves an API server alone that asks for it, with whatever it is called for', async () => {
    await using server = await scriptedServer((_request, response) =>
      response.writeHead(429, { 'retry-after': '45' }).end(),
    );
    const client = connect({ kubeconfig: server.kubeconfig, userAgent: 'test' });
    await assert.rejects(client.get(secrets, ref), /HTTP 429/);
    await assert.rejects(client.get(ingressClasses, { name: 'traefik' }), (error) => {
      return error instanceof TransientError && error.retryAfterMs !== undefined && error.retryAfterMs > 30_000;
    });
    assert.equal(server.requests.length, 1);
    await client.close();
  });

  test('ends a call with the reason of its abort', async () => {
    await using server = await scriptedServer(() => undefined);
    const client = connect({ kubeconfig: server.kubeconfig, userAgent: 'test' });
    const controller = new AbortController();
    const call = assert.rejects(client.get(secrets, ref, controller.signal), /no longer wanted/);
    await until('it is asked', () => server.requests.length === 1);
    controller.abort(new Error('no longer wanted'));
    await call;
    await assert.rejects(client.get(secrets, ref, controller.signal), /no longer wanted/);
    assert.equal(server.requests.length, 1);
    await client.close();
  });

  test('ends running calls when it is closed', async () => {
    await using server = await scriptedServer(() => undefined);
    const client = connect({ kubeconfig: server.kubeconfig, userAgent: 'test' });
    const call = assert.rejects(client.get(secrets, ref), /closed/);
    await until('it is asked', () => server.requests.length === 1);
    await client.close();
    await call;
  });

  test('says in a sentence that there is no kubeconfig', () => {
    assert.throws(() => connect({ kubeconfig: '/nonexistent/kubeconfig', userAgent: 'test' }), TerminalError);
  });
});

test('an apply that can only create has a resourceVersion that is nobody’s, and no uid', () => {
  const object = { ...secret, metadata: { ...secret.metadata, uid: 'one', resourceVersion: '7', labels: { a: 'b' } } };
  assert.deepEqual(createOnly(object).metadata, {
    namespace: 'default',
    name: 'web',
    labels: { a: 'b' },
    resourceVersion: '1',
  });
  assert.equal(object.metadata.resourceVersion, '7');
});

test('a key is read back as the reference it was made of', () => {
  for (const each of [{ name: 'web' }, ref]) assert.deepEqual(refOf(keyOf(each)), each);
});
