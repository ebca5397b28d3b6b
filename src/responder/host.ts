import { isIP } from 'node:net';
import { canonicalName } from '../pki/index.ts';

/**
 * The host that a `Host` header names, as `canonicalName` spells it: without port, brackets and trailing dot, in lower
 * case, IPv6 as RFC 5952 writes it. For an IP identifier the header is the address itself (RFC 8738, section 5).
 *
 * Undefined for a header that names none.
 */
export function hostOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (isIP(header) === 6) return canonicalName(header); // without brackets: not allowed, and unmistakable
  const match = /^(?:\[(?<address>[^\]]+)\]|(?<name>[^:[\]]+))(?::\d*)?$/.exec(header);
  const host = match?.groups?.['address'] ?? match?.groups?.['name'];
  return host === undefined ? undefined : canonicalName(host);
}
