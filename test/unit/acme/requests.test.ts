import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { describe, test } from 'node:test';
import { acmeClients } from '../../../src/acme/index.ts';
import { encodeKey, generateKey } from '../../../src/pki/index.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import { failureOf } from '../../kit/failure.ts';
import { ca, keyPem, names } from './own-ca.ts';

const accountKeys = [
  ['ECDSA P-256', keyPem, 'sha256'],
  ['ECDSA P-384 in SEC 1', encodeKey(await generateKey({ algorithm: 'ECDSA', size: 384 }), 'PKCS1'), 'sha384'],
  ['RSA 2048', await generateKey({ algorithm: 'RSA', size: 2048 }), 'sha256'],
] as const;

describe('requests of an ACME client', () => {
  test('carry who asks, in which language, and a JWS under the account URL', async () => {
    ca.on('/new-order', ca.newOrder());
    await ca.client({ keyPem }).newOrder(names);
    const [request] = ca.to('/new-order');
    assert.equal(request?.headers['user-agent'], 'evercert/0.1.0');
    assert.equal(request?.headers['accept-language'], 'en');
    assert.equal(request?.headers['content-type'], 'application/jose+json');
    assert.deepEqual(request?.header, {
      alg: 'ES256',
      url: ca.url('/new-order'),
      nonce: 'nonce-1',
      kid: ca.url('/account/1'),
    });
    assert.deepEqual(JSON.parse(request?.payload ?? ''), names);
    assert.equal(ca.to('/directory')[0]?.headers['content-type'], undefined);
  });

  for (const [name, pem, digest] of accountKeys) {
    test(`are signed with a key of ${name}`, async () => {
      ca.on('/order/1', { body: ca.order() });
      await ca.client({ keyPem: pem }).order(ca.url('/order/1'));
      const [request] = ca.to('/order/1');
      const key = { key: createPublicKey(pem), dsaEncoding: 'ieee-p1363' } as const;
      const signature = Buffer.from(request?.signature ?? '', 'base64url');
      assert.equal(request?.payload, '');
      assert.equal(verify(digest, Buffer.from(request.signed), key, signature), true);
    });
  }

  test('use each nonce once, and ask for one only while none is left', async () => {
    ca.on('/new-order', ca.newOrder());
    ca.on('/order/1', { body: ca.order() });
    const client = ca.client({ keyPem });
    await client.newOrder(names);
    await client.order(ca.url('/order/1'));
    await client.order(ca.url('/order/1'));
    assert.deepEqual(ca.log, [
      'GET /directory',
      'HEAD /new-nonce',
      'POST /new-order',
      'POST /order/1',
      'POST /order/1',
    ]);
    assert.deepEqual(
      ca.requests.slice(2).map(({ header }) => header['nonce']),
      ['nonce-1', 'nonce-2', 'nonce-3'],
    );
  });

  test('are repeated with the nonce of the refusal where a nonce is refused', async () => {
    let refusals = 3;
    ca.on('/order/1', () => {
      refusals -= 1;
      return refusals < 0
        ? { body: ca.order() }
        : { status: 400, body: { type: 'urn:ietf:params:acme:error:badNonce', detail: 'stale' } };
    });
    const order = await ca.client({ keyPem }).order(ca.url('/order/1'));
    assert.equal(order.status, 'pending');
    assert.deepEqual(
      ca.to('/order/1').map(({ header }) => header['nonce']),
      ['nonce-1', 'nonce-2', 'nonce-3', 'nonce-4'],
    );
    assert.equal(new Set(ca.to('/order/1').map(({ body }) => body)).size, 4);
  });

  test('end as transient where nonces are refused without end', async () => {
    ca.on('/order/1', { status: 400, body: { type: 'urn:ietf:params:acme:error:badNonce' } });
    const error = await failureOf(ca.client({ keyPem }).order(ca.url('/order/1')));
    assert.ok(error instanceof TransientError);
    assert.match(error.message, /it refused 21 nonces in a row$/);
    assert.equal(ca.to('/order/1').length, 21);
  });

  test('fetch the directory and look the account up once, however many ask at once', async () => {
    ca.on('/new-order', ca.newOrder());
    const client = acmeClients({ userAgent: 'evercert/0.1.0' })({ directoryUrl: ca.url('/directory'), keyPem });
    const orders = await Promise.all(Array.from({ length: 20 }, () => client.newOrder(names)));
    assert.equal(orders.length, 20);
    assert.equal(ca.to('/directory').length, 1);
    assert.equal(ca.to('/new-account').length, 1);
    assert.deepEqual(JSON.parse(ca.to('/new-account')[0]?.payload ?? ''), { onlyReturnExisting: true });
    const nonces = ca.requests.flatMap(({ header }) => header['nonce'] ?? []);
    assert.equal(new Set(nonces).size, nonces.length);
    assert.ok(ca.to('/new-nonce').length < 20, `${ca.to('/new-nonce').length} newNonce requests`);
  });

  test('are told of, each with its resource and status', async () => {
    const notes: unknown[] = [];
    ca.on('/order/1', { status: 500, body: 'oops' });
    const client = ca.client(
      { keyPem },
      { onRequest: ({ host, resource, status }) => notes.push([host, resource, status]) },
    );
    await failureOf(client.order(ca.url('/order/1')));
    const { host } = new URL(ca.url('/'));
    assert.deepEqual(notes, [
      [host, 'directory', 200],
      [host, 'newNonce', 200],
      [host, 'order', 500],
    ]);
  });
});
