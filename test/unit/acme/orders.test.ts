import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TransientError } from '../../../src/runtime/index.ts';
import { failureOf } from '../../kit/failure.ts';
import type { ScriptedReply } from '../../kit/scripted-ca.ts';
import { ca, keyPem, names } from './own-ca.ts';

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
