/** The digits of pi, as RFC 2268 (section 2) permutes the bytes by them. */
const piTable = Buffer.from(
  [
    'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2',
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82',
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626',
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7',
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec',
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731',
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9',
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  ].join(''),
  'hex',
);
const rotations = [1, 2, 3, 5] as const;
const blockBytes = 8;

/**
 * Encrypts with RC2 in CBC mode and the padding of PKCS#5 (RFC 2268), for the keystores of programs that read nothing else: OpenSSL
 * has put it away. All bits of the key are effective.
 */
export function encryptRc2(plain: Uint8Array, key: Uint8Array, iv: Uint8Array): Uint8Array {
  const words = expand(key);
  const pad = blockBytes - (plain.length % blockBytes);
  const padded = Buffer.concat([plain, Buffer.alloc(pad, pad)]);
  const sealed = Buffer.alloc(padded.length);
  let before: Uint8Array = iv;
  for (let at = 0; at < padded.length; at += blockBytes) {
    const block = padded.subarray(at, at + blockBytes).map((byte, index) => byte ^ (before[index] ?? 0));
    encryptBlock(words, Buffer.from(block), sealed.subarray(at, at + blockBytes));
    before = sealed.subarray(at, at + blockBytes);
  }
  return sealed;
}

/** Section 2: 64 words out of the key. */
function expand(key: Uint8Array): Uint16Array {
  const bytes = Buffer.alloc(128);
  bytes.set(key);
  const length = key.length;
  const at = (index: number): number => bytes[index] ?? 0;
  for (let index = length; index < 128; index += 1) bytes[index] = permuted(at(index - 1) + at(index - length));
  bytes[128 - length] = permuted(at(128 - length));
  for (let index = 127 - length; index >= 0; index -= 1) bytes[index] = permuted(at(index + 1) ^ at(index + length));
  return Uint16Array.from({ length: 64 }, (_, index) => bytes.readUInt16LE(2 * index));
}

function permuted(value: number): number {
  return piTable[value & 0xff] ?? 0;
}

/** Section 3: five mixing rounds, a mashing round, six, one, and five more. */
function encryptBlock(words: Uint16Array, block: Buffer, out: Buffer): void {
  const r = Uint16Array.from({ length: 4 }, (_, index) => block.readUInt16LE(2 * index));
  for (let round = 0; round < 16; round += 1) {
    mix(r, words, 4 * round);
    if (round === 4 || round === 10) mash(r, words);
  }
  for (const [index, word] of r.entries()) out.writeUInt16LE(word, 2 * index);
}

function mix(r: Uint16Array, words: Uint16Array, from: number): void {
  for (const [index, bits] of rotations.entries()) {
    const [one, two, three] = [1, 2, 3].map((back) => r[(index + 4 - back) % 4] ?? 0) as [number, number, number];
    const sum = (r[index] ?? 0) + (words[from + index] ?? 0) + (one & two) + (~one & three);
    r[index] = (sum << bits) | ((sum & 0xffff) >>> (16 - bits));
  }
}

function mash(r: Uint16Array, words: Uint16Array): void {
  for (let index = 0; index < 4; index += 1) {
    r[index] = (r[index] ?? 0) + (words[(r[(index + 3) % 4] ?? 0) & 63] ?? 0);
  }
}
