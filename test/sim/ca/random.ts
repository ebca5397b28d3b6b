/** That many bytes; `random` is uniform in [0, 1). */
export function randomBytes(random: () => number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
}

/** A token of 128 bits, base64url (RFC 8555 section 8.3). */
export function randomToken(random: () => number): string {
  return Buffer.from(randomBytes(random, 16)).toString('base64url');
}
