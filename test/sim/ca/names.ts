import { isIP } from 'node:net';
import type { Identifier } from '../../../src/acme/index.ts';
import { canonicalName } from '../../../src/pki/index.ts';
import { refusal } from './problems.ts';

/** The identifiers in one spelling, each once, sorted. */
export function normalized(identifiers: readonly Identifier[]): readonly Identifier[] {
  const spelled = identifiers.map(({ type, value }): Identifier => {
    return { type, value: type === 'ip' ? canonicalName(value) : value.toLowerCase() };
  });
  const byKey = new Map(spelled.map((identifier) => [identifierKey(identifier), identifier]));
  return [...byKey.values()].sort((a, b) => (identifierKey(a) < identifierKey(b) ? -1 : 1));
}

/** What two identifiers that are the same have in common. */
export function identifierKey({ type, value }: Identifier): string {
  return `${type} ${value}`;
}

/** What two orders for the same names have in common; the identifiers are normalized. */
export function setKey(identifiers: readonly Identifier[]): string {
  return identifiers.map(identifierKey).join(',');
}

/**
 * Checks that the identifiers of an order are names at all.
 *
 * @throws AcmeError for the first that is not.
 */
export function checkWellFormed(identifiers: readonly Identifier[]): void {
  if (identifiers.length === 0) throw refusal('malformed', 400, 'NewOrder request did not specify any identifiers');
  for (const { type, value } of identifiers) {
    const wrong = type === 'ip' ? wrongAddress(value) : wrongName(value);
    if (wrong !== undefined) throw refusal('malformed', 400, `Invalid identifiers requested :: "${value}" ${wrong}`);
  }
}

function wrongAddress(value: string): string | undefined {
  return isIP(value) === 0 ? 'is no IP address' : undefined;
}

function wrongName(value: string): string | undefined {
  if (value === '') return 'is empty';
  if (value.length > 253) return 'is longer than 253 characters';
  if (isIP(value) !== 0) return 'is an IP address';
  if (value.endsWith('.')) return 'ends with a dot';
  const labels = value.replace(/^\*\./, '');
  if (labels.includes('*')) return 'has a wildcard that is not its first label';
  return /^[a-z0-9.-]+$/.test(labels) ? undefined : 'has a character that no domain name has';
}

/**
 * The domain or the network whose certificates are counted together. A domain is taken for its last two labels: no name
 * of a test lies below a public suffix of more than one.
 */
export function registeredDomain({ type, value }: Identifier): string {
  if (type === 'dns') return value.split('.').slice(-2).join('.');
  if (isIP(value) === 4) return value;
  const [head = '', tail = ''] = value.split('::');
  const [before, after] = [head, tail].map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - (before?.length ?? 0) - (after?.length ?? 0) }, () => '0');
  return `${[...(before ?? []), ...zeros, ...(after ?? [])].slice(0, 4).join(':')}::/64`;
}
