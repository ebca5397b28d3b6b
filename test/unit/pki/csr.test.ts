import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { canonicalName, createCsr, encodeKey, generateKey, type KeySpec } from '../../../src/pki/index.ts';

const specs: readonly KeySpec[] = [
  { algorithm: 'ECDSA', size: 256 },
  { algorithm: 'ECDSA', size: 384 },
  { algorithm: 'RSA', size: 2048 },
];

describe('a signing request', () => {
  for (const spec of specs) {
    test(`with a key of ${spec.algorithm} ${spec.size} is signed by it and carries its public half`, async () => {
      const keyPem = encodeKey(await generateKey(spec), 'PKCS1');
      const csr = new Pkcs10CertificateRequest(await createCsr({ names: ['shop.example'], keyPem }));
      assert.equal(await csr.verify(), true);
      const publicDer = createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
      assert.deepEqual(Buffer.from(csr.publicKey.rawData), publicDer);
    });
  }

  test('names DNS names and addresses, each once and canonical, with an empty subject', async () => {
    const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
    const names = ['Shop.example.', 'shop.example', '192.0.2.1', '2001:DB8:0::1'];
    const csr = new Pkcs10CertificateRequest(await createCsr({ names, keyPem }));
    const extension = csr.getExtension('2.5.29.17');
    assert.ok(extension);
    assert.deepEqual(new SubjectAlternativeNameExtension(extension.rawData).names.toJSON(), [
      { type: 'ip', value: '192.0.2.1' },
      { type: 'ip', value: '2001:db8::1' },
      { type: 'dns', value: 'shop.example' },
    ]);
    assert.equal(csr.subject, '');
  });

  const spellings = [
    { family: 'IPv4', names: ['0.0.0.0', '192.0.2.1', '255.255.255.255'] },
    { family: 'IPv6', names: ['1:2:3:4:5:6:7:8', '2001:db8::', '2001:db8::1', '::', '::1', '::ffff:192.0.2.128'] },
  ];
  for (const { family, names } of spellings) {
    test(`names addresses of ${family} by their bytes`, async () => {
      const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
      const csr = new Pkcs10CertificateRequest(await createCsr({ names, keyPem }));
      const extension = csr.getExtension('2.5.29.17');
      assert.ok(extension);
      const read = new SubjectAlternativeNameExtension(extension.rawData).names.toJSON();
      assert.deepEqual(
        read.map(({ type, value }) => `${type} ${canonicalName(value)}`),
        names.map((name) => `ip ${name}`),
      );
    });
  }

  test('has room for a hundred names', async () => {
    const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
    const names = Array.from({ length: 100 }, (_, at) => `${'long.'.repeat(at % 40)}n${at}.example`);
    const csr = new Pkcs10CertificateRequest(await createCsr({ names, keyPem }));
    assert.equal(await csr.verify(), true);
    const extension = csr.getExtension('2.5.29.17');
    assert.ok(extension);
    const read = new SubjectAlternativeNameExtension(extension.rawData).names.toJSON();
    assert.deepEqual(
      read.map(({ value }) => value),
      names.toSorted(),
    );
  });

  test('carries the common name as given', async () => {
    const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
    const request = { names: ['shop.example'], commonName: 'shop.example', keyPem };
    assert.equal(new Pkcs10CertificateRequest(await createCsr(request)).subject, 'CN=shop.example');
  });

  test('is not made without a key, nor with one of another kind', async () => {
    const keyPem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await assert.rejects(createCsr({ names: ['shop.example'], keyPem: 'no key' }));
    await assert.rejects(createCsr({ names: ['shop.example'], keyPem }), /a key of type ed25519 signs no/);
  });
});
