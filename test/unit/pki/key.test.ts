import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { encodeKey, generateKey, jwkThumbprint, type KeySpec, keySpecOf } from '../../../src/pki/index.ts';

const specs: readonly KeySpec[] = [
  { algorithm: 'ECDSA', size: 256 },
  { algorithm: 'ECDSA', size: 384 },
  { algorithm: 'RSA', size: 2048 },
];

describe('a private key', () => {
  for (const spec of specs) {
    test(`of ${spec.algorithm} ${spec.size} is made as PKCS#8 and recognised in both encodings`, async () => {
      const pem = await generateKey(spec);
      const header = spec.algorithm === 'RSA' ? '-----BEGIN RSA PRIVATE KEY-----' : '-----BEGIN EC PRIVATE KEY-----';
      assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/);
      assert.deepEqual(keySpecOf(pem), spec);

      const pkcs1 = encodeKey(pem, 'PKCS1');
      assert.equal(pkcs1.split('\n')[0], header);
      assert.deepEqual(keySpecOf(pkcs1), spec);
      assert.equal(encodeKey(pkcs1, 'PKCS8'), pem);
      assert.ok(createPrivateKey(pkcs1).equals(createPrivateKey(pem)));
    });
  }

  test('is made anew each time, also when several are asked for at once', async () => {
    const pems = await Promise.all(Array.from({ length: 4 }, () => generateKey({ algorithm: 'RSA', size: 2048 })));
    assert.equal(new Set(pems).size, 4);
  });

  test('of another kind has no spec, nor has a text that is no key', () => {
    assert.equal(keySpecOf('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'), undefined);
    assert.equal(keySpecOf(''), undefined);
    assert.equal(
      keySpecOf(
        '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n',
      ),
      undefined,
    );
  });

  test('that cannot be read is not encoded', () => {
    assert.throws(() => encodeKey('no key', 'PKCS8'));
  });
});

describe('the thumbprint', () => {
  test('is the one of RFC 7638 section 3.1 for its RSA key', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const key = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' }, format: 'jwk' });
    const pem = key.export({ type: 'spki', format: 'pem' }).toString();
    assert.equal(jwkThumbprint(pem), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  test('is that of the public half, 43 characters of base64url', async () => {
    const pem = await generateKey({ algorithm: 'ECDSA', size: 256 });
    const publicPem = createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
    assert.equal(jwkThumbprint(pem), jwkThumbprint(publicPem));
    assert.match(jwkThumbprint(pem), /^[A-Za-z0-9_-]{43}$/);
  });
});
