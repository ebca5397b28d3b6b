import { createHash } from 'node:crypto';

/**
 * The value of the annotation `evercert.dev/certificates`: the first 128 bits of SHA-256 over the (Secret, leaf) pairs, in
 * lower-case hexadecimal. The order of the pairs does not matter, and neither does when or how often it is written.
 */
export function digestOf(pairs: readonly { readonly name: string; readonly fingerprint: string }[]): string {
  const lines = pairs.map(({ name, fingerprint }) => `${name} ${fingerprint}\n`).toSorted();
  return createHash('sha256').update(lines.join('')).digest('hex').slice(0, 32);
}
