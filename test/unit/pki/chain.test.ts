import assert from 'node:assert/strict';
import { createHash, webcrypto, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  AuthorityKeyIdentifierExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import * as fc from 'fast-check';
import { ChainError, canonicalName, generateKey, readChain } from '../../../src/pki/index.ts';
import { intermediate, issuerNamed } from '../../sim/ca/x509.ts';

/** RFC 9773 Appendix A. */
const rfc9773 = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`;

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
const keyPem = await pemOf(keys.privateKey);

/** A certificate authority of a name. */
function authority(name: string, by: string): string {
  return intermediate({ name, key: issuerNamed(name).key }, issuerNamed(by));
}

interface Made {
  readonly names?: readonly { type: 'dns' | 'ip'; value: string }[];
  /** Hexadecimal; its first bit may be set. */
  readonly serialNumber?: string;
  readonly keyIdentifier?: string;
}

async function certificate({ names = [], serialNumber = '0b', keyIdentifier = '0102' }: Made = {}): Promise<string> {
  const made = await X509CertificateGenerator.create(
    {
      serialNumber,
      subject: 'CN=shop.example',
      issuer: "C=US, O=Let's Test, CN=(STAGING) T1",
      notBefore: new Date('2026-01-02T03:04:05Z'),
      notAfter: new Date('2026-04-02T03:04:05Z'),
      publicKey: keys.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ecdsa,
      extensions: [
        new SubjectAlternativeNameExtension([...names]),
        new AuthorityKeyIdentifierExtension(keyIdentifier, false),
      ],
    },
    webcrypto,
  );
  return `${made.toString('pem')}\n`;
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${(der.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
}

describe('reading a chain', () => {
  test('gives the certID of RFC 9773 Appendix A, the leading 00 of the serial number kept', () => {
    assert.equal(readChain(rfc9773).leaf.certID, 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
  });

  test('gives every field of the leaf', async () => {
    const names = [
      { type: 'dns', value: 'WWW.shop.example' },
      { type: 'ip', value: '2001:db8::1' },
      { type: 'ip', value: '192.0.2.7' },
      { type: 'dns', value: 'shop.example' },
    ] as const;
    const pem = await certificate({ names, serialNumber: '8fA0' });
    const { leaf, length } = readChain(pem);
    assert.equal(length, 1);
    assert.deepEqual(leaf.names, ['192.0.2.7', '2001:db8::1', 'shop.example', 'www.shop.example']);
    assert.equal(leaf.commonName, 'shop.example');
    assert.equal(leaf.notBefore.toISOString(), '2026-01-02T03:04:05.000Z');
    assert.equal(leaf.notAfter.toISOString(), '2026-04-02T03:04:05.000Z');
    assert.equal(leaf.serialNumber, '8fa0');
    assert.equal(leaf.issuer, "C=US, O=Let's Test, CN=(STAGING) T1");
    assert.equal(leaf.fingerprint, createHash('sha256').update(new X509Certificate(pem).raw).digest('hex'));
  });

  test('knows the key of the leaf from another key and from no key', async () => {
    const { leaf } = readChain(await certificate());
    assert.equal(leaf.hasKey(keyPem), true);
    assert.equal(leaf.hasKey(await generateKey({ algorithm: 'ECDSA', size: 256 })), false);
    assert.equal(leaf.hasKey('no key'), false);
  });

  test('gives the same text for the same chain, whatever its line ends', async () => {
    const pem = (await certificate()) + rfc9773;
    const untidy = `\n${pem.replaceAll('\n', '\r\n')}\r\n\r\n`;
    assert.equal(readChain(untidy).pem, readChain(pem).pem);
    assert.equal(readChain(untidy).length, 2);
    assert.deepEqual(readChain(readChain(untidy).pem).leaf.names, readChain(pem).leaf.names);
  });

  test('finds the certificate that the one after it did not issue', () => {
    const [leaf, above, root] = [authority('leaf', 'above'), authority('above', 'root'), authority('root', 'root')];
    const impostor = intermediate({ name: 'above', key: issuerNamed('impostor').key }, issuerNamed('root'));
    assert.equal(readChain(leaf).brokenAt(), undefined);
    assert.equal(readChain(leaf + above + root).brokenAt(), undefined);
    assert.equal(readChain(leaf + root + above).brokenAt(), 1);
    assert.equal(readChain(leaf + above + authority('other', 'root')).brokenAt(), 2);
    assert.equal(readChain(leaf + impostor).brokenAt(), 1, 'the right name, and another key');
  });

  const refused: readonly (readonly [name: string, pem: string, message: RegExp])[] = [
    ['an empty text', '', /no certificate/],
    ['a private key beside the certificate', rfc9773 + keyPem, /"PRIVATE KEY"/],
    ['a private key before the certificate', keyPem + rfc9773, /"PRIVATE KEY"/],
    ['text between the blocks', `${rfc9773}subject=hello\n${rfc9773}`, /no CERTIFICATE block/],
    ['a block that never ends', rfc9773.slice(0, -30), /no CERTIFICATE block/],
    ['a certificate with a broken DER', rfc9773.replace('MIIBQzCB66', 'MIIBQzCB77'), /certificate 1 .* cannot be read/],
    ['more than 20 certificates', rfc9773.repeat(21), /21 certificates/],
    ['a text of more than 1 MiB', rfc9773 + ' '.repeat(1024 * 1024), /1 MiB/],
  ];
  for (const [name, pem, message] of refused) {
    test(`refuses ${name}`, () => {
      assert.throws(
        () => readChain(pem),
        (error) => error instanceof ChainError && message.test(error.message),
      );
    });
  }

  test('takes 20 certificates', () => {
    assert.equal(readChain(rfc9773.repeat(20)).length, 20);
  });

  test('makes a certID from any key identifier and any serial number', async () => {
    const serial = fc.uint8Array({ minLength: 1, maxLength: 20 }).filter(([first = 0]) => first > 0);
    const keyIdentifier = fc.uint8Array({ minLength: 1, maxLength: 32 });
    await fc.assert(
      fc.asyncProperty(serial, keyIdentifier, async (serialBytes, keyBytes) => {
        const serialNumber = Buffer.from(serialBytes).toString('hex');
        const { leaf } = readChain(
          await certificate({ serialNumber, keyIdentifier: Buffer.from(keyBytes).toString('hex') }),
        );
        const positive = (serialBytes[0] ?? 0) >= 0x80 ? [0, ...serialBytes] : serialBytes;
        const expected = [keyBytes, positive].map((bytes) => Buffer.from(bytes).toString('base64url')).join('.');
        assert.equal(leaf.certID, expected);
        assert.equal(leaf.serialNumber, serialNumber);
      }),
      { numRuns: 30 },
    );
  });

  test('reads back any set of names: canonical, sorted, each once', async () => {
    const dns = fc.domain().map((value) => ({ type: 'dns' as const, value }));
    const ip = fc.oneof(fc.ipV4(), fc.ipV6()).map((value) => ({ type: 'ip' as const, value: canonicalName(value) }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(dns, ip), { minLength: 1, maxLength: 20 }), async (names) => {
        const { leaf } = readChain(await certificate({ names }));
        assert.deepEqual(leaf.names, [...new Set(names.map(({ value }) => canonicalName(value)))].sort());
      }),
      { numRuns: 30 },
    );
  });
});
