import { createHash } from 'node:crypto';
import { element, objectIdentifier, tags } from './der.ts';
import type { KeystoreContent, TruststoreContent } from './keystore-content.ts';

/** As OpenJDK's sun.security.provider.JavaKeyStore writes it: all numbers big-endian. */
const magic = Buffer.from('feedfeed', 'hex');
const formatVersion = 2;
const entryTags = { privateKey: 1, trustedCertificate: 2 } as const;
const keyProtector = element(tags.sequence, objectIdentifier('2b060104012a02110101'), element(tags.null));
const whitener = 'Mighty Aphrodite';
const shaBytes = 20;

/** A Java keystore (JKS) with a key and its chain under an alias. The same content gives the same bytes. */
export function jksKeystore(content: KeystoreContent, alias: string): Uint8Array {
  const { keyDer, certificates, password, madeAt, bytes } = content;
  const sealed = protectedKey(keyDer, password, bytes('jks key salt', shaBytes));
  const info = element(tags.sequence, keyProtector, element(tags.octetString, sealed));
  const entry = [int32(entryTags.privateKey), text(alias), time(madeAt), sized(info), int32(certificates.length)];
  return store([...entry, ...certificates.flatMap(certificate)], password);
}

/** A Java keystore with the certificate of a CA under the alias `ca`. The same content gives the same bytes. */
export function jksTruststore({ caDer, password, madeAt }: TruststoreContent): Uint8Array {
  return store([int32(entryTags.trustedCertificate), text('ca'), time(madeAt), ...certificate(caDer)], password);
}

function store(entry: readonly Uint8Array[], password: string): Uint8Array {
  const content = Buffer.concat([magic, int32(formatVersion), int32(1), ...entry]);
  const digest = createHash('sha1').update(utf16(password)).update(whitener).update(content).digest();
  return Buffer.concat([content, digest]);
}

/** OpenJDK's sun.security.provider.KeyProtector: a key stream of SHA-1 digests, and one of the plain text. */
function protectedKey(plain: Uint8Array, password: string, salt: Uint8Array): Uint8Array {
  const secret = utf16(password);
  const sealed = Buffer.from(plain);
  let stream: Uint8Array = salt;
  for (let at = 0; at < sealed.length; at += shaBytes) {
    stream = createHash('sha1').update(secret).update(stream).digest();
    for (const [index, byte] of stream.entries()) {
      if (at + index < sealed.length) sealed[at + index] = (sealed[at + index] ?? 0) ^ byte;
    }
  }
  return Buffer.concat([salt, sealed, createHash('sha1').update(secret).update(plain).digest()]);
}

function certificate(der: Uint8Array): Uint8Array[] {
  return [text('X.509'), sized(der)];
}

function utf16(password: string): Uint8Array {
  return Buffer.from(password, 'utf16le').swap16();
}

/** Modified UTF-8, which is UTF-8 for what an alias has. */
function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function sized(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([int32(bytes.length), bytes]);
}

function time(date: Date): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(date.getTime()));
  return bytes;
}

function int32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
