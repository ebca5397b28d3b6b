import { randomBytes } from 'node:crypto';
import { element, objectIdentifier, sequence, tags } from './der.ts';
import { canonicalNames } from './name.ts';
import { distinguishedName, subjectAltName } from './names-der.ts';
import { Signer } from './signing.ts';

/** What a self-signed certificate says. */
export interface SelfSigned {
  /** Subject and issuer; up to 64 characters. */
  readonly commonName: string;
  /** DNS names and IP addresses, in any order and spelling. */
  readonly names: readonly string[];
  /** Private key, PEM in any encoding. */
  readonly keyPem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const oids = {
  basicConstraints: objectIdentifier('551d13'),
  keyUsage: objectIdentifier('551d0f'),
  extendedKeyUsage: objectIdentifier('551d25'),
  serverAuth: objectIdentifier('2b06010505070301'),
} as const;

const contextTags = { version: 0xa0, extensions: 0xa3 } as const;
const version3 = element(contextTags.version, element(tags.integer, Uint8Array.of(2)));
const critical = element(tags.boolean, Uint8Array.of(0xff));

/** That it is no CA, that its key signs and takes keys, and that it is a server's (RFC 5280 section 4.2.1). */
const usage = [
  extension(oids.basicConstraints, critical, sequence()),
  // Bits 0 and 2, digitalSignature and keyEncipherment, of which five are not used.
  extension(oids.keyUsage, critical, element(tags.bitString, Uint8Array.of(5, 0b1010_0000))),
  extension(oids.extendedKeyUsage, new Uint8Array(), sequence(oids.serverAuth)),
];

/**
 * Makes a certificate that nobody but its own key vouches for (RFC 5280), as PEM.
 *
 * @throws Error where `keyPem` is no ECDSA or RSA key that `KeySpec` describes.
 */
export async function selfSignedCertificate(asked: SelfSigned): Promise<string> {
  const signer = new Signer(asked.keyPem);
  const name = distinguishedName(asked.commonName);
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f); // positive, and of the same length each time
  const content = sequence(
    version3,
    element(tags.integer, serial),
    signer.identifier,
    name,
    sequence(time(asked.notBefore), time(asked.notAfter)),
    name,
    signer.publicKey,
    element(contextTags.extensions, sequence(...usage, subjectAltName(canonicalNames(asked.names)))),
  );
  return pem(await signer.signed(content));
}

function extension(id: Uint8Array, isCritical: Uint8Array, value: Uint8Array): Uint8Array {
  return sequence(id, isCritical, element(tags.octetString, value));
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). */
function time(date: Date): Uint8Array {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050
    ? element(tags.utcTime, Buffer.from(text.slice(2)))
    : element(tags.generalizedTime, Buffer.from(text));
}

function pem(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/(.{64})(?=.)/g, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
