import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { bitString, element, objectIdentifier, tags } from './der.ts';
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

/** How a key signs: the hash, and the AlgorithmIdentifier that names both. */
interface Signing {
  readonly hash: string;
  readonly identifier: Uint8Array;
}

const oids = {
  commonName: objectIdentifier('550403'),
  extensionRequest: objectIdentifier('2a864886f70d01090e'),
  subjectAltName: objectIdentifier('551d11'),
} as const;

/** RFC 5758 section 3.2, RFC 4055 section 5; only RSA has parameters. */
const signings = {
  rsa: { hash: 'sha256', identifier: sequence(objectIdentifier('2a864886f70d01010b'), element(tags.null)) },
  prime256v1: { hash: 'sha256', identifier: sequence(objectIdentifier('2a8648ce3d040302')) },
  secp384r1: { hash: 'sha384', identifier: sequence(objectIdentifier('2a8648ce3d040303')) },
} as const satisfies Record<string, Signing>;

const version1 = element(tags.integer, Uint8Array.of(0));
/** The members of a CertificationRequestInfo and of a GeneralName that are told apart by their tag alone. */
const contextTags = { attributes: 0xa0, dnsName: 0x82, ipAddress: 0x87 } as const;
const signOffTheLoop = promisify(sign);

/**
 * Makes a certificate signing request (PKCS#10, RFC 2986), as DER. Asks for nothing but the names: what else stands in a
 * certificate is the CA's to say.
 *
 * @throws Error where `keyPem` is no ECDSA or RSA key that `KeySpec` describes.
 */
export async function createCsr({ names, commonName, keyPem }: CsrRequest): Promise<Uint8Array> {
  const key = createPrivateKey(keyPem);
  const { hash, identifier } = signingOf(key);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const asked = sequence(extensionsAsked(canonicalNames(names)));
  const attribute = sequence(oids.extensionRequest, element(tags.set, asked));
  const info = sequence(version1, subjectOf(commonName), publicKey, element(contextTags.attributes, attribute));
  // An ECDSA signature takes less time than the way to another thread and back; one of RSA 4096 takes 5 ms.
  const signature = key.asymmetricKeyType === 'rsa' ? await signOffTheLoop(hash, info, key) : sign(hash, info, key);
  return sequence(info, identifier, bitString(signature));
}

function signingOf(key: KeyObject): Signing {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const name = type === 'ec' ? details?.namedCurve : type;
  if (name === 'rsa' || name === 'prime256v1' || name === 'secp384r1') return signings[name];
  throw new Error(`a key of type ${name} signs no certificate requests`);
}

/** RFC 5280 section 4.2.1.6. */
function extensionsAsked(names: readonly string[]): Uint8Array {
  const generalNames = sequence(...names.map(generalName));
  return sequence(oids.subjectAltName, element(tags.octetString, generalNames));
}

/** The GeneralName of a DNS name or an address (RFC 5280 section 4.2.1.6). */
export function generalName(name: string): Uint8Array {
  return isIP(name) === 0
    ? element(contextTags.dnsName, Buffer.from(name, 'latin1'))
    : element(contextTags.ipAddress, addressOctets(name));
}

/** The four or sixteen bytes of an address. */
function addressOctets(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.'), Number);
  const url = new URL(`http://[${address}]/`); // writes an IPv4 tail as two groups
  const [head = '', tail] = url.hostname.slice(1, -1).split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const groups = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function subjectOf(commonName: string | undefined): Uint8Array {
  if (commonName === undefined) return sequence();
  return sequence(element(tags.set, sequence(oids.commonName, element(tags.utf8String, Buffer.from(commonName)))));
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(tags.sequence, ...parts);
}
