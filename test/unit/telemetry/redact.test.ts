import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { redacted } from '../../../src/telemetry/redact.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const { d = '' } = pair.privateKey.export({ format: 'jwk' });
const middle = key.split('\n')[1] ?? '';

describe('redaction', () => {
  const secrets: readonly (readonly [name: string, text: string, secret: string])[] = [
    ['a private key in PEM', `before ${key} after`, middle],
    ['a private key whose line feeds are escaped', JSON.stringify({ 'tls.key': key }), middle],
    ['a private key that is cut off', key.slice(0, 80), middle.slice(0, 40)],
    ['a SEC1 key', pair.privateKey.export({ type: 'sec1', format: 'pem' }).toString(), 'MHcCAQEE'],
    [
      'a private key in the data of a Secret',
      Buffer.from(key).toString('base64'),
      Buffer.from(key).toString('base64').slice(20, 60),
    ],
    ['a bearer token', 'Authorization: Bearer abcdef0123456789', 'abcdef0123456789'],
    ['basic credentials', 'authorization: basic dXNlcjpwYXNzd29yZA==', 'dXNlcjpwYXNzd29yZA'],
    ['a service account token', 'token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl', 'eyJzdWIiOiJ4In0'],
    ['a private JSON Web Key', JSON.stringify(pair.privateKey.export({ format: 'jwk' })), d],
    ['a private JSON Web Key within JSON', JSON.stringify(JSON.stringify({ d })), d],
  ];
  for (const [name, text, secret] of secrets) {
    test(`takes ${name} out`, () => {
      assert.ok(secret.length > 7 && text.includes(secret), 'the text holds the secret to begin with');
      assert.ok(!redacted(text).includes(secret), redacted(text));
    });
  }

  test('keeps the words around a key', () => {
    assert.equal(redacted(`before ${key.trim()} after`), 'before [redacted private key] after');
  });

  test('leaves ordinary sentences, certificates and digests alone', () => {
    for (const text of [
      'the CA answered 429: too many certificates already issued for "example.com"',
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
      'a'.repeat(64),
      'basic authentication is not supported',
    ]) {
      assert.equal(redacted(text), text);
    }
  });

  test('cuts texts that nobody would read to their end', () => {
    assert.equal(redacted('word '.repeat(10_000)).length, 4096 + '[45904 more]'.length);
  });

  test('takes time in proportion to the text', () => {
    const started = performance.now();
    redacted('-----BEGIN '.repeat(20_000) + '"d":"'.repeat(20_000) + 'eyJ'.repeat(20_000));
    assert.ok(performance.now() - started < 2000);
  });
});
