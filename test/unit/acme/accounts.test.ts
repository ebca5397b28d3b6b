import assert from 'node:assert/strict';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { describe, test } from 'node:test';
import { AcmeError, acmeClients, revocationReasons } from '../../../src/acme/index.ts';
import { generateKey } from '../../../src/pki/index.ts';
import { TerminalError } from '../../../src/runtime/index.ts';
import { failureOf } from '../../kit/failure.ts';
import { jwsOf, recordOf } from '../../kit/scripted-ca.ts';
import { ca, keyPem, names } from './own-ca.ts';

/** As it stands in a JWS, its members in the order of RFC 7638. */
function publicJwk(pem: string): object {
  const { crv, kty, x, y } = createPublicKey(pem).export({ format: 'jwk' });
  return { crv, kty, x, y };
}

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
