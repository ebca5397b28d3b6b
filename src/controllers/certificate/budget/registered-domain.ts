import { isIP } from 'node:net';
import { getDomain } from 'tldts';

/** Names are canonical already, and IP addresses are told apart before. */
const options = {
  allowPrivateDomains: true,
  detectIp: false,
  extractHostname: false,
  validateHostname: false,
} as const;

/**
 * What a CA counts certificates by: the registered domain of a name by the public suffix list, its private part included; a
 * public suffix itself; an IPv4 address; the /64 of an IPv6 address.
 */
export function registeredDomain(name: string): string {
  switch (isIP(name)) {
    case 4:
      return name;
    case 6:
      return `${networkOf(name)}::/64`;
    default:
      return getDomain(name, options) ?? name;
  }
}

/** The first four groups, of an address as RFC 5952 writes it. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groupsOf = (half: string): string[] => half.split(':').filter((group) => group !== '');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
