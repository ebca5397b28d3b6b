/** One element of a DER text (ITU-T X.690). Both texts are views and no copies. */
export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** The whole of it: tag, length and content. */
  readonly encoded: Uint8Array;
}

/** The tags that X.509 and PKCS#10 use, by the names of X.680. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

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
    const end = start + length;
    if (end > bytes.length) throw new RangeError('a DER element runs past the end');
    elements.push({ tag, content: bytes.subarray(start, end), encoded: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

/** Writes one element; its content is the parts, one after another. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.from([tag, ...lengthOctets(length)]), ...parts]);
}

/** A SEQUENCE of elements. */
export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(tags.sequence, ...parts);
}

/** An object identifier, given by the hexadecimal form of its content. */
export function objectIdentifier(hex: string): Uint8Array {
  return element(tags.objectIdentifier, Buffer.from(hex, 'hex'));
}

/** A bit string of whole bytes. */
export function bitString(bytes: Uint8Array): Uint8Array {
  return element(tags.bitString, Uint8Array.of(0), bytes);
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
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
