import { createPrivateKey, createPublicKey, type KeyObject, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type JsonGeneralName,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509';
import { canonicalNames } from './name.ts';

/** What a certificate is asked for. */
export interface CsrRequest {
  /** DNS names and IP addresses, in any order and spelling. */
  readonly names: readonly string[];
  /** The subject; absent: an empty one, which is what CAs prefer. */
  readonly commonName?: string;
  /** Private key, PEM in any encoding. */
  readonly keyPem: string;
}

/**
 * Makes a certificate signing request (PKCS#10, RFC 2986), as DER. Asks for nothing but the names:
 * what else stands in a certificate is the CA's to say.
 *
 * @throws Error where `keyPem` is no ECDSA or RSA key that `KeySpec` describes.
 */
export async function createCsr(request: CsrRequest): Promise<Uint8Array> {
  const privateKey = createPrivateKey(request.keyPem);
  const algorithm = signingAlgorithm(privateKey);
  const names = canonicalNames(request.names);
  const csr = await Pkcs10CertificateRequestGenerator.create(
    {
      ...(request.commonName === undefined ? {} : { name: [{ CN: [request.commonName] }] }),
      keys: {
        privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']),
        publicKey: createPublicKey(privateKey).toCryptoKey(algorithm, true, ['verify']),
      },
      signingAlgorithm: algorithm,
      extensions: [new SubjectAlternativeNameExtension(names.map(generalName))],
    },
    webcrypto,
  );
  return new Uint8Array(csr.rawData);
}

function signingAlgorithm(key: KeyObject): { name: string; hash: string; namedCurve?: string } {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
    ? { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' }
    : { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
}

function generalName(value: string): JsonGeneralName {
  return { type: isIP(value) === 0 ? 'dns' : 'ip', value };
}
