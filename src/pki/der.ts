/** One element of a DER text (ITU-T X.690): its tag and its content, which is a view and no copy. */
export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

/**
 * Reads the elements that stand one after another in `bytes`. Knows one-byte tags and definite lengths, which is all
 * that X.509 uses.
 *
 * @throws RangeError where an element runs past the end.
 */
export function elementsOf(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = byteAt(bytes, at);
    const { start, length } = lengthAt(bytes, at + 1);
    if (start + length > bytes.length) throw new RangeError('a DER element runs past the end');
    elements.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

function lengthAt(bytes: Uint8Array, at: number): { start: number; length: number } {
  const first = byteAt(bytes, at);
  if (first < 0x80) return { start: at + 1, length: first };
  const octets = first & 0x7f;
  let length = 0;
  for (let index = 1; index <= octets; index += 1) length = length * 256 + byteAt(bytes, at + index);
  return { start: at + 1 + octets, length };
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError('a DER element runs past the end');
  return byte;
}
