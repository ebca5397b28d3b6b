import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Identifier } from '../../../src/acme/index.ts';
import { bitString, element, objectIdentifier, tags } from '../../../src/pki/der.ts';
import { generalName } from '../../../src/pki/names-der.ts';

/**
 * Writes certificates (RFC 5280) by hand: what a library takes milliseconds for takes one signature here.
 *
 * They are signed with Ed25519, which needs no randomness: with it, and with keys made of names, the same run gives the
 * same bytes.
 */

/** Who signs. */
export interface Issuer {
  readonly name: Uint8Array;
  readonly key: KeyObject;
  /** SHA-1 of the public key, as most CAs identify theirs (RFC 5280 section 4.2.1.2). */
  readonly keyIdentifier: Uint8Array;
}

/** What is certified. */
export interface Subject {
  readonly serial: Uint8Array;
  readonly commonName: string | undefined;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Uint8Array[];
}

const oids = {
  ed25519: '2b6570',
  commonName: '550403',
  authorityKeyIdentifier: '551d23',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  keyUsage: '551d0f',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
} as const;

const version3 = element(0xa0, element(tags.integer, Uint8Array.of(2)));
const ed25519 = element(tags.sequence, objectIdentifier(oids.ed25519));
const isTrue = element(tags.boolean, Uint8Array.of(0xff));
const pkcs8OfEd25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The issuer of a name; always the same one. */
export function issuerNamed(name: string): Issuer {
  const seed = createHash('sha256').update(name).digest();
  const key = createPrivateKey({ key: Buffer.concat([pkcs8OfEd25519, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = publicKeyOf(key);
  return { name: nameOf(name), key, keyIdentifier: createHash('sha1').update(publicKey.subarray(-32)).digest() };
}

/** A certificate for another issuer's key, PEM. */
export function intermediate(of: { readonly name: string; readonly key: KeyObject }, by: Issuer): string {
  return certificate(by, {
    serial: createHash('sha256').update(of.name).update(by.name).digest().subarray(0, 16),
    commonName: of.name,
    publicKey: publicKeyOf(of.key),
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date('2049-12-31T00:00:00Z'),
    extensions: [
      extension(oids.basicConstraints, element(tags.sequence, isTrue), true),
      extension(oids.keyUsage, element(tags.bitString, Uint8Array.of(1, 0x06)), true), // keyCertSign, cRLSign
    ],
  });
}

const ofEveryLeaf = [
  extension(oids.keyUsage, element(tags.bitString, Uint8Array.of(7, 0x80)), true), // digitalSignature
  extension(oids.extendedKeyUsage, element(tags.sequence, objectIdentifier(oids.serverAuth))),
  extension(oids.basicConstraints, element(tags.sequence), true),
];

/** The extensions of a server's certificate; the names are critical where the subject is empty. */
export function leafExtensions(identifiers: readonly Identifier[], isSubjectEmpty: boolean): readonly Uint8Array[] {
  const names = element(tags.sequence, ...identifiers.map(({ value }) => generalName(value)));
  return [...ofEveryLeaf, extension(oids.subjectAltName, names, isSubjectEmpty)];
}

/** A certificate in PEM. */
export function certificate(issuer: Issuer, subject: Subject): string {
  const { serial, commonName, publicKey, notBefore, notAfter, extensions } = subject;
  const authority = element(tags.sequence, element(0x80, issuer.keyIdentifier));
  const tbs = element(
    tags.sequence,
    version3,
    element(tags.integer, unsigned(serial)),
    ed25519,
    issuer.name,
    element(tags.sequence, time(notBefore), time(notAfter)),
    nameOf(commonName),
    publicKey,
    element(0xa3, element(tags.sequence, extension(oids.authorityKeyIdentifier, authority), ...extensions)),
  );
  return pem(element(tags.sequence, tbs, ed25519, bitString(sign(null, tbs, issuer.key))));
}

/** The bytes of an integer that is not negative: without leading zeros, but for one where the next byte looks negative. */
export function unsigned(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const significant = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  return (significant[0] ?? 0) < 0x80 ? significant : Uint8Array.of(0, ...significant);
}

function extension(oid: string, value: Uint8Array, isCritical = false): Uint8Array {
  return element(
    tags.sequence,
    objectIdentifier(oid),
    ...(isCritical ? [isTrue] : []),
    element(tags.octetString, value),
  );
}

function nameOf(commonName: string | undefined): Uint8Array {
  if (commonName === undefined) return element(tags.sequence);
  const value = element(tags.utf8String, Buffer.from(commonName));
  const attribute = element(tags.sequence, objectIdentifier(oids.commonName), value);
  return element(tags.sequence, element(tags.set, attribute));
}

/** RFC 5280 section 4.1.2.5: two digits of the year until 2049. */
function time(date: Date): Uint8Array {
  const text = `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return date.getUTCFullYear() < 2050
    ? element(tags.utcTime, Buffer.from(text.slice(2)))
    : element(tags.generalizedTime, Buffer.from(text));
}

function publicKeyOf(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
