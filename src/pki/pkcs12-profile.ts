import { createCipheriv, createHmac, hash as hashOf, pbkdf2Sync } from 'node:crypto';
import { element, objectIdentifier, tags } from './der.ts';
import { encryptRc2 } from './rc2.ts';

/** How a PKCS#12 keystore is encrypted, by the names that cert-manager gives it. */
export type Pkcs12Profile = 'LegacyRC2' | 'LegacyDES' | 'Modern2023';

/** Gives bytes for a purpose; the same ones each time. */
export type Bytes = (purpose: string, length: number) => Uint8Array;

/** What was encrypted, and how. */
interface Sealed {
  /** AlgorithmIdentifier. */
  readonly algorithm: Uint8Array;
  readonly content: Uint8Array;
}

/** What all readers take; more would cost a pass its time, and the password stands in a Secret beside the key. */
const iterations = 2_048;
const saltBytes = 16;

/** RFC 8018, appendices A.2 to A.4, and RFC 7292, appendix C. */
const oids = {
  pbes2: objectIdentifier('2a864886f70d01050d'),
  pbkdf2: objectIdentifier('2a864886f70d01050c'),
  hmacSha256: objectIdentifier('2a864886f70d0209'),
  aes256: objectIdentifier('60864801650304012a'),
  des: objectIdentifier('2a864886f70d010c0103'),
  rc2: objectIdentifier('2a864886f70d010c0106'),
  sha1: objectIdentifier('2b0e03021a'),
  sha256: objectIdentifier('608648016503040201'),
} as const;

const hashes = {
  sha1: { oid: oids.sha1, bytes: 20 },
  sha256: { oid: oids.sha256, bytes: 32 },
} as const;
type Hash = keyof typeof hashes;

/** Encrypts certificates or a key under a password, as the profile has it. */
export function seal(
  profile: Pkcs12Profile,
  { plain, password, bytes, isKey }: { plain: Uint8Array; password: string; bytes: Bytes; isKey: boolean },
): Sealed {
  const purpose = isKey ? 'key' : 'certificates';
  const salt = bytes(`${purpose} salt`, saltBytes);
  if (profile === 'Modern2023') return sealModern(plain, password, salt, bytes(`${purpose} iv`, 16));
  // RC2 is weak, and never was for keys.
  const isRc2 = profile === 'LegacyRC2' && !isKey;
  const key = derived('sha1', { password, salt, id: 1, length: isRc2 ? 5 : 24 });
  const iv = derived('sha1', { password, salt, id: 2, length: 8 });
  const parameters = element(tags.sequence, element(tags.octetString, salt), integer(iterations));
  return {
    algorithm: element(tags.sequence, isRc2 ? oids.rc2 : oids.des, parameters),
    content: isRc2 ? encryptRc2(plain, key, iv) : encrypted('des-ede3-cbc', plain, key, iv),
  };
}

function sealModern(plain: Uint8Array, password: string, salt: Uint8Array, iv: Uint8Array): Sealed {
  const key = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const prf = element(tags.sequence, oids.hmacSha256, element(tags.null));
  const derivation = element(tags.sequence, element(tags.octetString, salt), integer(iterations), prf);
  const cipher = element(tags.sequence, oids.aes256, element(tags.octetString, iv));
  const parameters = element(tags.sequence, element(tags.sequence, oids.pbkdf2, derivation), cipher);
  const algorithm = element(tags.sequence, oids.pbes2, parameters);
  return { algorithm, content: encrypted('aes-256-cbc', plain, key, iv) };
}

function encrypted(cipher: string, plain: Uint8Array, key: Uint8Array, iv: Uint8Array): Uint8Array {
  const running = createCipheriv(cipher, key, iv);
  return Buffer.concat([running.update(plain), running.final()]);
}

/** The MacData over what a keystore holds (RFC 7292 section 4). */
export function macOf(profile: Pkcs12Profile, content: Uint8Array, password: string, bytes: Bytes): Uint8Array {
  const hash: Hash = profile === 'Modern2023' ? 'sha256' : 'sha1';
  const salt = bytes('mac salt', saltBytes);
  const key = derived(hash, { password, salt, id: 3, length: hashes[hash].bytes });
  const digest = createHmac(hash, key).update(content).digest();
  const algorithm = element(tags.sequence, hashes[hash].oid, element(tags.null));
  const info = element(tags.sequence, algorithm, element(tags.octetString, digest));
  return element(tags.sequence, info, element(tags.octetString, salt), integer(iterations));
}

/** Both hashes work on blocks of so many bytes. */
const blockBytes = 64;

/** The key derivation of PKCS#12 (RFC 7292, appendix B.2); `id` tells keys (1), initial vectors (2) and MAC keys (3) apart. */
function derived(
  hash: Hash,
  { password, salt, id, length }: { password: string; salt: Uint8Array; id: number; length: number },
): Uint8Array {
  const diversifier = Buffer.alloc(blockBytes, id);
  const blocks = Buffer.concat([filled(salt), filled(bmpString(password))]);
  const parts: Uint8Array[] = [];
  for (let have = 0; have < length; have += hashes[hash].bytes) {
    let digest = hashOf(hash, Buffer.concat([diversifier, blocks]), 'buffer');
    for (let round = 1; round < iterations; round += 1) digest = hashOf(hash, digest, 'buffer');
    parts.push(digest);
    for (let at = 0; at < blocks.length; at += blockBytes) addOneAnd(digest, blocks.subarray(at, at + blockBytes));
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** Repeated to whole blocks. */
function filled(bytes: Uint8Array): Uint8Array {
  return Buffer.alloc(blockBytes * Math.ceil(bytes.length / blockBytes), bytes);
}

/** `block` becomes `block + digest + 1`, as big-endian numbers of its size. */
function addOneAnd(digest: Uint8Array, block: Uint8Array): void {
  let carry = 1;
  for (let at = blockBytes - 1; at >= 0; at -= 1) {
    carry += (block[at] ?? 0) + (digest[at % digest.length] ?? 0);
    block[at] = carry & 0xff;
    carry >>= 8;
  }
}

/** UTF-16, big-endian, with two zeros at its end. */
function bmpString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, 'utf16le').swap16();
}

/** A whole number that is not negative. */
export function integer(value: number): Uint8Array {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return element(tags.integer, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Uint8Array.of(0), bytes]));
}
