import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};
const dayMs = 86_400_000;

/** A certificate of its own for each address, with one key for all: making a pair costs a millisecond, patching one a thousandth. */
export interface Leaves {
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** PEM. */
  readonly key: string;
  /** The certificate for an IPv4 address. Its signature fits no longer, which none of the subjects looks at. */
  of(address: string): Leaf;
}

export interface Leaf {
  /** PEM, with two CA certificates below, as most CAs send them. */
  readonly chain: string;
  readonly serialNumber: string;
  /** SHA-256 of the DER, as the operator writes it. */
  readonly fingerprint: string;
}

/** Makes the one certificate that all others are patched from. */
export async function leaves(): Promise<Leaves> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const notBefore = new Date(Math.floor(Date.now() / 1000 - 3_600) * 1000);
  const notAfter = new Date(notBefore.getTime() + 90 * dayMs);
  const serial = Buffer.concat([Buffer.of(0x31), randomBytes(8)]);
  const first = '127.1.1.1';
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serial.toString('hex'),
      name: 'CN=Benchmark E1,O=Benchmark,C=US',
      notBefore,
      notAfter,
      keys,
      signingAlgorithm: algorithm,
      extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: first }])],
    },
    webcrypto,
  );
  const der = Buffer.from(certificate.rawData);
  const addressAt = der.indexOf(Buffer.concat([Buffer.of(0x87, 4), octetsOf(first)])) + 2;
  const serialAt = der.indexOf(serial);
  const above = (await Promise.all([authority('Benchmark R1'), authority('Benchmark R2')])).join('');
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return {
    notBefore,
    notAfter,
    key: `${key}\n`,
    of(address) {
      const octets = octetsOf(address);
      octets.copy(der, addressAt);
      octets.copy(der, serialAt + 1);
      return {
        chain: `${PemConverter.encode(der, 'CERTIFICATE')}\n${above}`,
        serialNumber: der.subarray(serialAt, serialAt + serial.length).toString('hex'),
        fingerprint: createHash('sha256').update(der).digest('hex'),
      };
    },
  };
}

/** One that another has signed, as far as its text tells: no CA sends its root along. */
async function authority(name: string): Promise<string> {
  const { publicKey, privateKey: signingKey } = await webcrypto.subtle.generateKey(rsa, false, ['sign', 'verify']);
  const names = { subject: `CN=${name}`, issuer: 'CN=Benchmark Root X1' };
  const certificate = await X509CertificateGenerator.create(
    { ...names, publicKey, signingKey, signingAlgorithm: rsa, extensions: [] },
    webcrypto,
  );
  return `${certificate.toString('pem')}\n`;
}

function octetsOf(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}
