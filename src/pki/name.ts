import { isIP } from 'node:net';

/**
 * The one spelling under which two names are compared: lower-case and without a trailing dot; IPv6 addresses as
 * RFC 5952 writes them. What is neither a DNS name nor an address comes back in lower case.
 */
export function canonicalName(name: string): string {
  const lower = name.trim().toLowerCase();
  return isIP(lower) === 6 ? canonicalIPv6(lower) : lower.replace(/\.$/, '');
}

/** The canonical names: sorted, each once. */
export function canonicalNames(names: Iterable<string>): string[] {
  return [...new Set(Array.from(names, canonicalName))].sort();
}

function canonicalIPv6(address: string): string {
  const url = URL.parse(`http://[${address}]/`);
  if (url === null) return address; // an address with a zone; no certificate names one
  const canonical = url.hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (mapped === null) return canonical;
  const [high, low] = [mapped[1], mapped[2]].map((group) => Number.parseInt(group ?? '', 16));
  return `::ffff:${[high, low].map((group = 0) => `${group >> 8}.${group & 0xff}`).join('.')}`; // RFC 5952 section 5
}
