/** Seeded randomness: uniform in [0, 1). */
export type Random = () => number;

/** That many bytes. */
export function randomBytes(random: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
}

/** A token of 128 bits, base64url (RFC 8555 section 8.3). */
export function randomToken(random: Random): string {
  return Buffer.from(randomBytes(random, 16)).toString('base64url');
}

/** In some order: the protocol promises none for what stands in a list. */
export function shuffled<T>(random: Random, items: readonly T[]): readonly T[] {
  const keyed = items.map((item) => ({ item, at: random() }));
  return keyed.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
