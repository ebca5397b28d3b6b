import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as Parsed,
} from '@peculiar/x509';
import {
  generateKey,
  type KeySpec,
  readChain,
  type SelfSigned,
  selfSignedCertificate,
} from '../../../src/pki/index.ts';

const specs: readonly KeySpec[] = [
  { algorithm: 'ECDSA', size: 256 },
  { algorithm: 'ECDSA', size: 384 },
  { algorithm: 'RSA', size: 2048 },
];

async function asked(spec: KeySpec = { algorithm: 'ECDSA', size: 256 }): Promise<SelfSigned> {
  return {
    commonName: 'Nobody in particular',
    names: ['Shop.example.', '192.0.2.1', '2001:DB8::1', 'shop.example'],
    keyPem: await generateKey(spec),
    notBefore: new Date('2026-06-01T11:00:00Z'),
    notAfter: new Date('2026-07-01T12:00:00Z'),
  };
}

describe('a self-signed certificate', () => {
  for (const spec of specs) {
    test(`with a key of ${spec.algorithm} ${spec.size} is signed by it, as another library reads it too`, async () => {
      const wanted = await asked(spec);
      const text = await selfSignedCertificate(wanted);
      const certificate = new X509Certificate(text);
      assert.equal(certificate.verify(certificate.publicKey), true);
      assert.equal(await new Parsed(text).verify({ signatureOnly: true }), true);
      assert.equal(readChain(text).leaf.hasKey(wanted.keyPem), true);
    });
  }

  test('is for the names, each once and canonical, for the time, and from nobody but itself', async () => {
    const wanted = await asked();
    const { leaf } = readChain(await selfSignedCertificate(wanted));
    assert.deepEqual(leaf.names, ['192.0.2.1', '2001:db8::1', 'shop.example']);
    assert.deepEqual([leaf.notBefore, leaf.notAfter], [wanted.notBefore, wanted.notAfter]);
    assert.deepEqual([leaf.issuer, leaf.commonName], ['CN=Nobody in particular', 'Nobody in particular']);
  });

  test('is for a server, and no CA', async () => {
    const parsed = new Parsed(await selfSignedCertificate(await asked()));
    assert.equal(parsed.getExtension(BasicConstraintsExtension)?.ca, false);
    assert.equal(
      parsed.getExtension(KeyUsagesExtension)?.usages,
      KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment,
    );
    assert.deepEqual(new X509Certificate(parsed.toString('pem')).keyUsage, ['1.3.6.1.5.5.7.3.1']);
  });

  test('tells times after 2049 in full, and has a serial number of its own', async () => {
    const wanted = { ...(await asked()), notAfter: new Date('2051-02-03T04:05:06Z') };
    const [one, other] = await Promise.all([selfSignedCertificate(wanted), selfSignedCertificate(wanted)]);
    assert.deepEqual(readChain(one).leaf.notAfter, wanted.notAfter);
    assert.notEqual(readChain(one).leaf.serialNumber, readChain(other).leaf.serialNumber);
  });
});
