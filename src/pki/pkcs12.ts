import { createHash } from 'node:crypto';
import { element, objectIdentifier, tags } from './der.ts';
import type { KeystoreContent, TruststoreContent } from './keystore-content.ts';
import { type Bytes, integer, macOf, type Pkcs12Profile, seal } from './pkcs12-profile.ts';

/** RFC 7292 section 4, RFC 2985 section 5.5; the last two are what Java asks of a certificate that is to be trusted. */
const oids = {
  data: objectIdentifier('2a864886f70d010701'),
  encryptedData: objectIdentifier('2a864886f70d010706'),
  keyBag: objectIdentifier('2a864886f70d010c0a0102'),
  certificateBag: objectIdentifier('2a864886f70d010c0a0103'),
  x509Certificate: objectIdentifier('2a864886f70d01091601'),
  localKeyId: objectIdentifier('2a864886f70d010915'),
  friendlyName: objectIdentifier('2a864886f70d010914'),
  trustedKeyUsage: objectIdentifier('6086480186f966adca7b0101'),
  anyExtendedKeyUsage: objectIdentifier('551d2500'),
} as const;

/** [0], of what is constructed, and of an octet string without its own tag. */
const contextTags = { explicit: 0xa0, implicitOctets: 0x80 } as const;
const bmpStringTag = 0x1e;

/** A PKCS#12 keystore (RFC 7292) with a key and its chain. The same content gives the same bytes. */
export function pkcs12Keystore(
  { keyDer, certificates, password, bytes }: KeystoreContent,
  profile: Pkcs12Profile,
): Uint8Array {
  const [leaf = new Uint8Array()] = certificates;
  const keyId = attribute(oids.localKeyId, element(tags.octetString, createHash('sha1').update(leaf).digest()));
  const bags = certificates.map((der, index) => certificateBag(der, index === 0 ? [keyId] : []));
  const { algorithm, content } = seal(profile, { plain: keyDer, password, bytes, isKey: true });
  const shrouded = element(tags.sequence, algorithm, element(tags.octetString, content));
  const keys = element(tags.sequence, bag(oids.keyBag, shrouded, [keyId]));
  const contents = [encryptedInfo(bags, { profile, password, bytes }), dataInfo(keys)];
  return pfx(contents, { profile, password, bytes });
}

/** A PKCS#12 keystore with the certificate of a CA, which Java takes as one to trust. The same content gives the same bytes. */
export function pkcs12Truststore({ caDer, password, bytes }: TruststoreContent, profile: Pkcs12Profile): Uint8Array {
  const name = element(bmpStringTag, Buffer.from('ca', 'utf16le').swap16());
  const attributes = [attribute(oids.friendlyName, name), attribute(oids.trustedKeyUsage, oids.anyExtendedKeyUsage)];
  const encryption = { profile, password, bytes };
  return pfx([encryptedInfo([certificateBag(caDer, attributes)], encryption)], encryption);
}

interface Encryption {
  readonly profile: Pkcs12Profile;
  readonly password: string;
  readonly bytes: Bytes;
}

function pfx(contents: readonly Uint8Array[], { profile, password, bytes }: Encryption): Uint8Array {
  const safe = element(tags.sequence, ...contents);
  return element(tags.sequence, integer(3), dataInfo(safe), macOf(profile, safe, password, bytes));
}

function dataInfo(content: Uint8Array): Uint8Array {
  return element(tags.sequence, oids.data, element(contextTags.explicit, element(tags.octetString, content)));
}

function encryptedInfo(bags: readonly Uint8Array[], { profile, password, bytes }: Encryption): Uint8Array {
  const plain = element(tags.sequence, ...bags);
  const { algorithm, content } = seal(profile, { plain, password, bytes, isKey: false });
  const info = element(tags.sequence, oids.data, algorithm, element(contextTags.implicitOctets, content));
  const encrypted = element(tags.sequence, integer(0), info);
  return element(tags.sequence, oids.encryptedData, element(contextTags.explicit, encrypted));
}

function certificateBag(der: Uint8Array, attributes: readonly Uint8Array[]): Uint8Array {
  const value = element(contextTags.explicit, element(tags.octetString, der));
  return bag(oids.certificateBag, element(tags.sequence, oids.x509Certificate, value), attributes);
}

function bag(id: Uint8Array, value: Uint8Array, attributes: readonly Uint8Array[]): Uint8Array {
  const told = attributes.length === 0 ? [] : [element(tags.set, ...attributes)];
  return element(tags.sequence, id, element(contextTags.explicit, value), ...told);
}

function attribute(id: Uint8Array, value: Uint8Array): Uint8Array {
  return element(tags.sequence, id, element(tags.set, value));
}
