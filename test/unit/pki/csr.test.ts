import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { createCsr, encodeKey, generateKey, type KeySpec } from '../../../src/pki/index.ts';

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

  test('carries the common name as given', async () => {
    const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
    const request = { names: ['shop.example'], commonName: 'shop.example', keyPem };
    assert.equal(new Pkcs10CertificateRequest(await createCsr(request)).subject, 'CN=shop.example');
  });

  test('is not made without a key', async () => {
    await assert.rejects(createCsr({ names: ['shop.example'], keyPem: 'no key' }));
  });
});
