import { X509Certificate } from 'node:crypto';
import { certificateFields } from './certificate.ts';
import { parsePrivateKey } from './key.ts';

/** A text that is no certificate chain. Its message says why, without a full stop. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
}

/** A certificate and those above it. */
export interface Chain {
  /** Rewritten: LF, lines of 64 characters, nothing between the blocks. The same chain gives the same text. */
  readonly pem: string;
  readonly leaf: Leaf;
  /** How many certificates, the leaf included. */
  readonly length: number;
  /** The common name of each certificate's issuer, of the leaf's first; empty where it has none. */
  readonly issuerNames: readonly string[];
  /** The last certificate, where it is a root: another one's issuer and its own. In PEM. */
  readonly rootPem: string | undefined;
  /** The place, from 1, of the first certificate that the one after it did not issue and sign; undefined in a whole chain. */
  brokenAt(): number | undefined;
}

/** The first certificate of a chain. */
export interface Leaf {
  /** DNS names and IP addresses of the subjectAltName extension: canonical, sorted. The subject does not count. */
  readonly names: readonly string[];
  readonly commonName: string | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Lower-case hexadecimal, as `openssl x509 -serial` and browsers show it but for the case. */
  readonly serialNumber: string;
  /** SHA-256 of the DER, lower-case hexadecimal without colons. */
  readonly fingerprint: string;
  /** The name under which the CA tells when to renew it (RFC 9773 section 4.1); undefined without an authority key identifier. */
  readonly certID: string | undefined;
  /** The issuer's distinguished name on one line, such as `C=US, O=Let's Encrypt, CN=E7`. */
  readonly issuer: string;
  /** The private key, in PEM, is this certificate's. False also for what is no key. */
  hasKey(keyPem: string): boolean;
}

const longestChain = 20;
const longestText = 1024 * 1024;
const block = /-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+?)\r?\n?-----END CERTIFICATE-----/g;

/**
 * Reads a certificate chain in PEM. Whether the certificates sign one another is judged where {@link Chain.brokenAt} is
 * asked alone: it takes a signature each.
 *
 * @throws ChainError unless the text holds CERTIFICATE blocks and nothing else (RFC 8555 section 11.4), at least one and
 * at most 20, each of them a certificate.
 */
export function readChain(pem: string): Chain {
  if (pem.length > longestText) throw new ChainError('the chain is larger than 1 MiB');
  const label = Array.from(pem.matchAll(/-----BEGIN ([^-\r\n]*)-----/g), (match) => match[1]).find(
    (found) => found !== 'CERTIFICATE',
  );
  if (label !== undefined)
    throw new ChainError(`the chain holds a block "${label.slice(0, 40)}"; only CERTIFICATE is allowed`);
  if (pem.replace(block, '').trim() !== '') throw new ChainError('the chain holds text that is no CERTIFICATE block');

  const bodies = Array.from(pem.matchAll(block), (match) => match[1] ?? '');
  if (bodies.length > longestChain)
    throw new ChainError(`the chain holds ${bodies.length} certificates; 20 are allowed`);
  const certificates = bodies.map((body, index) =>
    reading(index, () => new X509Certificate(Buffer.from(body, 'base64'))),
  );
  const [first] = certificates;
  if (first === undefined) throw new ChainError('the chain holds no certificate');
  return {
    pem: certificates.map((certificate) => certificate.toString()).join(''),
    leaf: reading(0, () => fieldsOf(first)),
    length: bodies.length,
    issuerNames: certificates.map(({ issuer }) => commonNameIn(issuer) ?? ''),
    rootPem: rootIn(certificates),
    brokenAt: () => brokenAt(certificates),
  };
}

/** As {@link readChain}, for those who do not ask why: undefined for what is no certificate chain. */
export function readableChain(pem: string): Chain | undefined {
  try {
    return readChain(pem);
  } catch (error) {
    if (error instanceof ChainError) return undefined;
    throw error;
  }
}

/**
 * The first certificate of a PEM text, as DER.
 *
 * @throws Error where there is none.
 */
export function leafDer(pem: string): Uint8Array {
  return new X509Certificate(pem).raw;
}

function brokenAt(certificates: readonly X509Certificate[]): number | undefined {
  const index = certificates.findIndex((certificate, at) => {
    const issuer = certificates[at + 1];
    return issuer !== undefined && !(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey));
  });
  return index < 0 ? undefined : index + 1;
}

function rootIn(certificates: readonly X509Certificate[]): string | undefined {
  const last = certificates.length > 1 ? certificates.at(-1) : undefined;
  return last !== undefined && last.subject === last.issuer ? last.toString() : undefined;
}

function reading<T>(index: number, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new ChainError(`certificate ${index + 1} of the chain cannot be read`, { cause });
  }
}

function fieldsOf(certificate: X509Certificate): Leaf {
  const { names, certID } = certificateFields(certificate.raw);
  return {
    names,
    certID,
    commonName: commonNameIn(certificate.subject),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    serialNumber: certificate.serialNumber.toLowerCase(),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    hasKey: (keyPem) => {
      const key = parsePrivateKey(keyPem);
      return key !== undefined && certificate.checkPrivateKey(key);
    },
  };
}

/** Of a distinguished name as Node writes it, one attribute a line. */
function commonNameIn(name: string): string | undefined {
  return /^CN=(.+)$/m.exec(name)?.[1];
}
