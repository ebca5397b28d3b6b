import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 3600 * 1000;

/** A server's certificate with its key, and the private CA that vouches for it; all PEM. */
export interface ServerPair {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Makes a CA for one server, whose names are DNS names and IP addresses. */
export async function makeServerPair(commonName: string, names: readonly string[]): Promise<ServerPair> {
  const usages = ['sign', 'verify'] as const;
  const authorityKeys = await webcrypto.subtle.generateKey(algorithm, true, usages);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, usages);
  const validity = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + 365 * dayMs) };
  const authorityName = `CN=${commonName} CA`;
  const authority = await X509CertificateGenerator.create({
    ...validity,
    subject: authorityName,
    issuer: authorityName,
    publicKey: authorityKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  const certificate = await X509CertificateGenerator.create({
    ...validity,
    subject: `CN=${commonName}`,
    issuer: authorityName,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    authority: `${authority.toString('pem')}\n`,
    certificate: `${certificate.toString('pem')}\n`,
    key: PemConverter.encode(key, 'PRIVATE KEY'),
  };
}
