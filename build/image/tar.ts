/**
 * Tar streams with nothing in them but what was asked for: time 0, owner 0:0, no names of users, so the same entries
 * give the same bytes on every machine. POSIX.1-2017 `pax` format: ustar headers, and an extended header only for a
 * name or a link target that ustar cannot hold.
 */

/** One member. `path` is relative, without a leading or trailing slash, in UTF-8. */
export type TarEntry =
  | { readonly type: 'directory'; readonly path: string; readonly mode: number }
  | { readonly type: 'link'; readonly path: string; readonly target: string }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly mode: number;
      /** Bytes that `open` gives; exactly so many. */
      readonly size: number;
      open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
    };

const block = 512;
/** The largest size that eleven octal digits hold. */
const maxSize = 0o77777777777;
const nameBytes = 100;
const prefixBytes = 155;
const typeFlags = { file: '0', link: '2', directory: '5', extended: 'x' } as const;

interface Header {
  readonly name: string;
  readonly prefix: string;
  readonly flag: string;
  readonly mode: number;
  readonly size: number;
  readonly target: string;
}

/** Gives the bytes of a tar archive that holds the entries in the order given. Throws when a file's length is not its `size`. */
export async function* tar(entries: AsyncIterable<TarEntry> | Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    yield headers(entry);
    if (entry.type === 'file') yield* content(entry);
  }
  yield new Uint8Array(2 * block);
}

/** Bytes that `tar` gives for these entries. */
export function tarSize(entries: Iterable<TarEntry>): number {
  let size = 2 * block;
  for (const entry of entries) {
    size += headers(entry).length;
    if (entry.type === 'file') size += padded(entry.size);
  }
  return size;
}

async function* content(entry: TarEntry & { type: 'file' }): AsyncGenerator<Uint8Array> {
  let written = 0;
  for await (const chunk of entry.open()) {
    written += chunk.length;
    yield chunk;
  }
  if (written !== entry.size) throw new Error(`${entry.path} has ${written} bytes, ${entry.size} were announced`);
  yield new Uint8Array(padded(written) - written);
}

function headers(entry: TarEntry): Uint8Array {
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const target = entry.type === 'link' ? entry.target : '';
  const split = splitName(path);
  const records: string[] = [];
  if (split === undefined) records.push(paxRecord('path', path));
  if (!fits(target)) records.push(paxRecord('linkpath', target));

  const size = entry.type === 'file' ? entry.size : 0;
  const mode = entry.type === 'link' ? 0o777 : entry.mode;
  const own = header({
    ...(split ?? { name: 'long-name', prefix: '' }),
    flag: typeFlags[entry.type],
    mode,
    size,
    target: fits(target) ? target : 'long-name',
  });
  return records.length === 0 ? own : Buffer.concat([extended(records.join('')), own]);
}

function extended(records: string): Uint8Array {
  const body = Buffer.from(records);
  const whole = Buffer.alloc(padded(body.length));
  body.copy(whole);
  const own = header({
    name: 'PaxHeaders/entry',
    prefix: '',
    flag: typeFlags.extended,
    mode: 0o644,
    size: body.length,
    target: '',
  });
  return Buffer.concat([own, whole]);
}

/** A record's length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function fits(text: string): boolean {
  // Readers disagree on the encoding of other characters in plain headers; pax records are UTF-8 by definition.
  return /^[\x20-\x7e]*$/.test(text) && text.length <= nameBytes;
}

/** The two ustar fields of a path; undefined when it needs an extended header. */
function splitName(path: string): { name: string; prefix: string } | undefined {
  if (fits(path)) return { name: path, prefix: '' };
  const slash = path.indexOf('/', path.length - nameBytes - 1);
  const prefix = path.slice(0, Math.max(slash, 0));
  const name = path.slice(slash + 1);
  const splits = slash > 0 && prefix.length <= prefixBytes && name.length > 0 && fits(name);
  return splits && /^[\x20-\x7e]*$/.test(prefix) ? { name, prefix } : undefined;
}

/** POSIX.1-2017, pax, "ustar Interchange Format". */
function header(fields: Header): Uint8Array {
  if (fields.size > maxSize)
    throw new RangeError(`a tar member of ${fields.size} bytes is too large, the limit is 8 GiB`);
  const bytes = Buffer.alloc(block);
  bytes.write(fields.name, 0);
  bytes.write(octal(fields.mode & 0o7777, 7), 100);
  bytes.write(octal(0, 7), 108);
  bytes.write(octal(0, 7), 116);
  bytes.write(octal(fields.size, 11), 124);
  bytes.write(octal(0, 11), 136);
  bytes.write(' '.repeat(8), 148);
  bytes.write(fields.flag, 156);
  bytes.write(fields.target, 157);
  bytes.write('ustar\u000000', 257);
  bytes.write(octal(0, 7), 329);
  bytes.write(octal(0, 7), 337);
  bytes.write(fields.prefix, 345);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${octal(sum, 6)}\0 `, 148);
  return bytes;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function padded(size: number): number {
  return Math.ceil(size / block) * block;
}
