import { isIP } from 'node:net';
import { element, objectIdentifier, sequence, tags } from './der.ts';

const oids = { commonName: objectIdentifier('550403'), subjectAltName: objectIdentifier('551d11') } as const;
/** The members of a GeneralName that are told apart by their tag alone. */
const contextTags = { dnsName: 0x82, ipAddress: 0x87 } as const;

/** The extension that names DNS names and addresses (RFC 5280 section 4.2.1.6). */
export function subjectAltName(names: readonly string[]): Uint8Array {
  return sequence(oids.subjectAltName, element(tags.octetString, sequence(...names.map(generalName))));
}

/** The GeneralName of a DNS name or an address (RFC 5280 section 4.2.1.6). */
export function generalName(name: string): Uint8Array {
  return isIP(name) === 0
    ? element(contextTags.dnsName, Buffer.from(name, 'latin1'))
    : element(contextTags.ipAddress, addressOctets(name));
}

/** A distinguished name of a common name alone, or an empty one. */
export function distinguishedName(commonName: string | undefined): Uint8Array {
  if (commonName === undefined) return sequence();
  return sequence(element(tags.set, sequence(oids.commonName, element(tags.utf8String, Buffer.from(commonName)))));
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
