import { createHmac, createPrivateKey, X509Certificate } from 'node:crypto';
import type { Bytes } from './pkcs12-profile.ts';

/** What a keystore holds. */
export interface KeystoreContent {
  /** PKCS#8. */
  readonly keyDer: Uint8Array;
  /** The leaf first. */
  readonly certificates: readonly Uint8Array[];
  readonly password: string;
  /** When its entries were made: keystores of Java tell it. */
  readonly madeAt: Date;
  readonly bytes: Bytes;
}

/** What a truststore holds. */
export interface TruststoreContent extends Pick<KeystoreContent, 'password' | 'madeAt' | 'bytes'> {
  readonly caDer: Uint8Array;
}

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * What keystores of a pair are made from. Salts follow from the private key and the content, so that the same content is the same
 * bytes and nobody who lacks the key can tell them beforehand; another password has others.
 *
 * @throws Error where a PEM text cannot be read.
 */
export function keystoreContent(pair: { chainPem: string; keyPem: string; password: string }): KeystoreContent {
  const { chainPem, keyPem, password } = pair;
  const keyDer = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' });
  const certificates = Array.from(chainPem.matchAll(block), ([pem]) => new X509Certificate(pem));
  const [leaf] = certificates;
  if (leaf === undefined) throw new Error('the chain holds no certificate');
  return {
    keyDer,
    certificates: certificates.map(({ raw }) => raw),
    password,
    madeAt: leaf.validFromDate,
    bytes: (purpose, length) =>
      createHmac('sha256', keyDer)
        .update(JSON.stringify([purpose, password, chainPem]))
        .digest()
        .subarray(0, length),
  };
}
