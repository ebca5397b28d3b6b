import assert from 'node:assert/strict';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { after, beforeEach, describe, test } from 'node:test';
import { AcmeError, acmeClients, revocationReasons } from '../../../src/acme/index.ts';
import { encodeKey, generateKey } from '../../../src/pki/index.ts';
import { TerminalError, TransientError } from '../../../src/runtime/index.ts';
import { failureOf } from '../../kit/failure.ts';
import { jwsOf, recordOf, ScriptedCa, type ScriptedReply } from '../../kit/scripted-ca.ts';

const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
const accountKeys = [
  ['ECDSA P-256', keyPem, 'sha256'],
  ['ECDSA P-384 in SEC 1', encodeKey(await generateKey({ algorithm: 'ECDSA', size: 384 }), 'PKCS1'), 'sha384'],
  ['RSA 2048', await generateKey({ algorithm: 'RSA', size: 2048 }), 'sha256'],
] as const;
const names = { identifiers: [{ type: 'dns', value: 'shop.example' }] } as const;

/** As it stands in a JWS, its members in the order of RFC 7638. */
function publicJwk(pem: string): object {
  const { crv, kty, x, y } = createPublicKey(pem).export({ format: 'jwk' });
  return { crv, kty, x, y };
}

let ca: ScriptedCa;
const started: ScriptedCa[] = [];
beforeEach(async () => {
  ca = await ScriptedCa.start({ termsOfService: 'https://ca.example/terms' });
  started.push(ca);
});
after(() => {
  for (const each of started) each.close();
});

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

describe('an account', () => {
  test('is made with the contact, the consent and the binding to an external account', async () => {
    ca.on('/new-account', { status: 201, headers: { location: ca.url('/account/9') }, body: { status: 'valid' } });
    const hmacKey = Buffer.from('a secret of the CA').toString('base64url');
    const account = await ca.client({ keyPem }).createAccount({
      contact: ['mailto:admin@shop.example'],
      termsOfServiceAgreed: true,
      externalAccountBinding: { keyId: 'kid-1', hmacKey },
    });
    assert.deepEqual(account, { url: ca.url('/account/9'), status: 'valid', created: true });

    const [request] = ca.to('/new-account');
    assert.equal(request?.header['kid'], undefined);
    const { crv, kty, x, y } = createPublicKey(keyPem).export({ format: 'jwk' });
    assert.deepEqual(request?.header['jwk'], { crv, kty, x, y });
    const { externalAccountBinding, ...payload } = recordOf(request?.payload);
    assert.deepEqual(payload, { contact: ['mailto:admin@shop.example'], termsOfServiceAgreed: true });
    const binding = jwsOf(externalAccountBinding);
    assert.deepEqual(binding.header, { alg: 'HS256', url: ca.url('/new-account'), kid: 'kid-1' });
    assert.deepEqual(recordOf(binding.payload), { crv, kty, x, y });
    const mac = createHmac('sha256', 'a secret of the CA').update(binding.signed).digest('base64url');
    assert.equal(binding.signature, mac);
  });

  test('that the key has already is given as it is', async () => {
    const account = await ca.client({ keyPem }).createAccount({ contact: [], termsOfServiceAgreed: true });
    assert.deepEqual(account, { url: ca.url('/account/1'), status: 'valid', created: false });
    assert.deepEqual(JSON.parse(ca.to('/new-account')[0]?.payload ?? ''), { termsOfServiceAgreed: true });
    assert.deepEqual(await ca.client({ keyPem }).findAccount(), account);
  });

  test('that the CA does not know is undefined, and no order can be placed with it', async () => {
    ca.on('/new-account', { status: 400, body: { type: 'urn:ietf:params:acme:error:accountDoesNotExist' } });
    const client = acmeClients({ userAgent: 'evercert/0.1.0' })({ directoryUrl: ca.url('/directory'), keyPem });
    assert.equal(await client.findAccount(), undefined);
    const error = await failureOf(client.newOrder(names));
    assert.ok(error instanceof AcmeError);
    assert.equal(error.problem.type, 'accountDoesNotExist');
  });
});

describe('a request about an account', () => {
  test('replaces its contacts, or ends it, at its own URL', async () => {
    ca.on('/account/1', ({ payload }) => ({ body: { status: 'valid', ...recordOf(payload) } }));
    const client = ca.client({ keyPem });
    const account = { url: ca.url('/account/1'), status: 'valid', created: false };
    assert.deepEqual(await client.updateContact(['mailto:new@shop.example']), account);
    assert.deepEqual(await client.updateContact([]), account);
    assert.deepEqual(await client.deactivateAccount(), { ...account, status: 'deactivated' });
    assert.deepEqual(
      ca.to('/account/1').map(({ payload, header }) => [recordOf(payload), header['kid']]),
      [{ contact: ['mailto:new@shop.example'] }, { contact: [] }, { status: 'deactivated' }].map((payload) => [
        payload,
        ca.url('/account/1'),
      ]),
    );
  });

  test('gives it another key, with the consent of both', async () => {
    const newKeyPem = await generateKey({ algorithm: 'ECDSA', size: 384 });
    ca.on('/key-change', { status: 200, body: '' });
    await ca.client({ keyPem }).changeKey(newKeyPem);
    const [outer] = ca.to('/key-change');
    assert.deepEqual([outer?.header['kid'], outer?.header['nonce']], [ca.url('/account/1'), 'nonce-1']);
    const inner = jwsOf(recordOf(outer?.payload));
    assert.deepEqual(inner.header, { alg: 'ES384', url: ca.url('/key-change'), jwk: publicJwk(newKeyPem) });
    assert.deepEqual(JSON.parse(inner.payload), { account: ca.url('/account/1'), oldKey: publicJwk(keyPem) });
    const signature = Buffer.from(inner.signature, 'base64url');
    const key = { key: createPublicKey(newKeyPem), dsaEncoding: 'ieee-p1363' } as const;
    assert.equal(verify('sha384', Buffer.from(inner.signed), key, signature), true);
  });

  test('that the CA has no URL for is terminal', async () => {
    ca.on('/directory', {
      body: { newNonce: ca.url('/new-nonce'), newAccount: ca.url('/new-account'), newOrder: ca.url('/new-order') },
    });
    const client = ca.client({ keyPem });
    assert.ok((await failureOf(client.changeKey(keyPem))) instanceof TerminalError);
    assert.ok((await failureOf(client.revoke({ certificateDer: new Uint8Array(1) }))) instanceof TerminalError);
  });
});

describe('a revocation', () => {
  const certificateDer = new Uint8Array([0xfb, 0xff]);

  test('is asked for in the name of the account, with the number of its reason', async () => {
    ca.on('/revoke-cert', { status: 200, body: '' });
    const client = ca.client({ keyPem });
    for (const reason of [undefined, ...revocationReasons]) {
      assert.equal(await client.revoke({ certificateDer, ...(reason === undefined ? {} : { reason }) }), 'revoked');
    }
    const certificate = '-_8';
    assert.deepEqual(
      ca.to('/revoke-cert').map(({ payload }) => recordOf(payload)),
      [{ certificate }, { certificate }, ...[1, 3, 4, 5].map((reason) => ({ certificate, reason }))],
    );
    assert.equal(ca.to('/revoke-cert')[0]?.header['kid'], ca.url('/account/1'));
  });

  test('is asked for by the key of the certificate, which needs no account', async () => {
    const certificateKey = await generateKey({ algorithm: 'ECDSA', size: 256 });
    ca.on('/revoke-cert', { status: 200, body: '' });
    const client = acmeClients({ userAgent: 'evercert/0.1.0' })({ directoryUrl: ca.url('/directory'), keyPem });
    await client.revoke({ certificateDer, keyPem: certificateKey });
    const [request] = ca.to('/revoke-cert');
    assert.deepEqual(request?.header['jwk'], publicJwk(certificateKey));
    assert.equal(request?.header['kid'], undefined);
    assert.equal(ca.to('/new-account').length, 0);
  });

  test('of what is revoked already is as good, and any other refusal is none', async () => {
    const refuse = (type: string) =>
      ca.on('/revoke-cert', { status: 400, body: { type: `urn:ietf:params:acme:error:${type}` } });
    const client = ca.client({ keyPem });
    refuse('alreadyRevoked');
    assert.equal(await client.revoke({ certificateDer }), 'alreadyRevoked');
    refuse('badRevocationReason');
    const error = await failureOf(client.revoke({ certificateDer }));
    assert.ok(error instanceof AcmeError && error.problem.type === 'badRevocationReason');
  });
});

describe('an order', () => {
  test('names its predecessor only to a CA that has renewal information', async () => {
    ca.on('/new-order', ca.newOrder());
    await ca.client({ keyPem }).newOrder({ ...names, profile: 'shortlived', replaces: 'a.b' });
    assert.deepEqual(JSON.parse(ca.to('/new-order')[0]?.payload ?? ''), { ...names, profile: 'shortlived' });
  });

  test('is read whole, with its error, its wait and a null that counts as absent', async () => {
    const error = { type: 'urn:ietf:params:acme:error:unauthorized', detail: 'no', status: 403 };
    ca.on('/order/1', {
      headers: { 'retry-after': '3' },
      body: ca.order({ status: 'invalid', expires: '2026-12-01T00:00:00Z', replaces: 'a.b', profile: null, error }),
    });
    assert.deepEqual(await ca.client({ keyPem }).order(ca.url('/order/1')), {
      url: ca.url('/order/1'),
      status: 'invalid',
      expires: '2026-12-01T00:00:00Z',
      identifiers: [{ type: 'dns', value: 'shop.example' }],
      authorizations: [ca.url('/authorization/1')],
      finalize: ca.url('/order/1/finalize'),
      replaces: 'a.b',
      error: { type: 'unauthorized', detail: 'no', status: 403 },
      retryAfterMs: 3_000,
    });
  });

  test('is finalized with the signing request in base64url', async () => {
    ca.on('/order/1', { body: ca.order({ status: 'ready' }) });
    ca.on('/order/1/finalize', { body: ca.order({ status: 'processing' }) });
    const client = ca.client({ keyPem });
    const order = await client.finalize(await client.order(ca.url('/order/1')), new Uint8Array([0xfb, 0xff]));
    assert.deepEqual([order.url, order.status], [ca.url('/order/1'), 'processing']);
    assert.deepEqual(JSON.parse(ca.to('/order/1/finalize')[0]?.payload ?? ''), { csr: '-_8' });
  });
});

describe('an authorization that is not wanted any more', () => {
  test('is given up at its URL', async () => {
    const body = { status: 'deactivated', identifier: { type: 'dns', value: 'shop.example' }, challenges: [] };
    ca.on('/authorization/1', { body });
    const given = await ca.client({ keyPem }).deactivateAuthorization(ca.url('/authorization/1'));
    assert.deepEqual([given.url, given.status], [ca.url('/authorization/1'), 'deactivated']);
    assert.deepEqual(JSON.parse(ca.to('/authorization/1')[0]?.payload ?? ''), { status: 'deactivated' });
  });
});

describe('an authorization', () => {
  const challenge = (members: object = {}): object => ({
    type: 'http-01',
    url: ca.url('/challenge/1'),
    status: 'pending',
    token: 'abc_-9',
    ...members,
  });
  const reply = (challenges: object[]): ScriptedReply => ({
    body: { status: 'pending', identifier: { type: 'ip', value: '192.0.2.1' }, challenges },
  });

  test('is read with challenges of every type, also those without a token', async () => {
    ca.on('/authorization/1', reply([challenge({ type: 'dns-persist-01', token: undefined }), challenge()]));
    const { identifier, challenges } = await ca.client({ keyPem }).authorization(ca.url('/authorization/1'));
    assert.deepEqual(identifier, { type: 'ip', value: '192.0.2.1' });
    assert.deepEqual(
      challenges.map(({ type, token }) => [type, token]),
      [
        ['dns-persist-01', ''],
        ['http-01', 'abc_-9'],
      ],
    );
  });

  for (const token of ['../../etc/passwd', '', 'a+b', 'a'.repeat(257)]) {
    test(`is refused with the http-01 token "${token.slice(0, 20)}" (RFC 8555 section 8.3)`, async () => {
      ca.on('/authorization/1', reply([challenge({ token })]));
      const error = await failureOf(ca.client({ keyPem }).authorization(ca.url('/authorization/1')));
      assert.ok(error instanceof TransientError);
      assert.match(error.message, /has a token that is not base64url$/);
    });
  }

  test('is answered with an empty object', async () => {
    ca.on('/challenge/1', { body: challenge({ status: 'processing' }) });
    await ca.client({ keyPem }).answer(ca.url('/challenge/1'));
    assert.equal(ca.to('/challenge/1')[0]?.payload, '{}');
  });
});

describe('a certificate', () => {
  test('comes as sent, with the other chains on offer at the same CA', async () => {
    const chain = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    const link = [
      '<https://ca.example/directory>;rel="index"',
      `</certificate/1/2>;rel="alternate", <${ca.url('/3')}>; rel=alternate, <http://other.example/4>; rel=alternate`,
    ];
    ca.on('/certificate/1', { headers: { link }, body: chain });
    assert.deepEqual(await ca.client({ keyPem }).certificate(ca.url('/certificate/1')), {
      chain,
      alternates: [ca.url('/certificate/1/2'), ca.url('/3')],
    });
    assert.equal(ca.to('/certificate/1')[0]?.headers.accept, 'application/pem-certificate-chain');
  });

  test('that is no PEM is no answer of the CA', async () => {
    ca.on('/certificate/1', { body: '<html>' });
    const error = await failureOf(ca.client({ keyPem }).certificate(ca.url('/certificate/1')));
    assert.ok(error instanceof TransientError);
    assert.match(error.message, /^the CA's reply to the request for certificate at 127\.0\.0\.1:\d+ is no PEM$/);
  });
});

describe('renewal information', () => {
  beforeEach(() => {
    ca.on('/directory', {
      body: {
        newNonce: ca.url('/new-nonce'),
        newAccount: ca.url('/new-account'),
        newOrder: ca.url('/new-order'),
        renewalInfo: ca.url('/renewal-info'),
      },
    });
  });
  const window = { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00Z' };

  test('is asked for without a signature', async () => {
    const explanationURL = 'https://ca.example/why';
    ca.on('/renewal-info/a.b', {
      headers: { 'retry-after': '21600' },
      body: { suggestedWindow: window, explanationURL },
    });
    assert.deepEqual(await ca.client({ keyPem }).renewalInfo('a.b'), {
      start: new Date(window.start),
      end: new Date(window.end),
      explanationURL,
      retryAfterMs: 21_600_000,
    });
    assert.deepEqual(ca.log, ['GET /directory', 'GET /renewal-info/a.b']);
  });

  test('is asked for again after a minute at the earliest and a day at the latest', async () => {
    ca.on('/renewal-info/a.b', { headers: { 'retry-after': '0' }, body: { suggestedWindow: window } });
    assert.equal((await ca.client({ keyPem }).renewalInfo('a.b'))?.retryAfterMs, 60_000);
    ca.on('/renewal-info/a.b', { headers: { 'retry-after': '9999999' }, body: { suggestedWindow: window } });
    assert.equal((await ca.client({ keyPem }).renewalInfo('a.b'))?.retryAfterMs, 86_400_000);
  });

  test('is none where the window ends before it begins, or the CA has no such service', async () => {
    ca.on('/renewal-info/a.b', { body: { suggestedWindow: { start: window.end, end: window.start } } });
    assert.equal(await ca.client({ keyPem }).renewalInfo('a.b'), undefined);
    const without = await ScriptedCa.start();
    started.push(without);
    assert.equal(await ca.client({ keyPem, directoryUrl: without.url('/directory') }).renewalInfo('a.b'), undefined);
  });

  test('lets an order name its predecessor', async () => {
    ca.on('/new-order', ca.newOrder({ replaces: 'a.b' }));
    const order = await ca.client({ keyPem }).newOrder({ ...names, replaces: 'a.b' });
    assert.equal(order.replaces, 'a.b');
    assert.deepEqual(JSON.parse(ca.to('/new-order')[0]?.payload ?? ''), { ...names, replaces: 'a.b' });
  });
});
