/**
 * A number in [-1, 1) that is always the same for the same text (FNV-1a).
 *
 * Jitter made from it needs no memory: two processes, or one before and after a restart, agree on it.
 */
export function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  // FNV's last characters reach the high bits late; one more round of mixing makes similar texts lie apart.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 31 - 1;
}
