/** Reads the little of ELF that an image needs: which libraries a program loads, and where its symbols begin. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** Where glibc's loader looks without a cache, Debian's folders first. */
const libraryFolders = [
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/lib64',
  '/usr/lib64',
  '/lib',
  '/usr/lib',
];

const segmentTypes = { load: 1, dynamic: 2, interpreter: 3 } as const;
const dynamicTags = { end: 0n, needed: 1n, stringTable: 5n } as const;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** The loader's path and the libraries a program names (DT_NEEDED). Throws unless it is ELF for x86-64. */
export function readElf(bytes: Buffer): {
  readonly interpreter: string | undefined;
  readonly needed: readonly string[];
} {
  const segments = segmentsOf(bytes);
  const interpreter = segments.find(({ type }) => type === segmentTypes.interpreter);
  return {
    interpreter: interpreter && stringAt(bytes, interpreter.offset),
    needed: neededOf(bytes, segments),
  };
}

/**
 * Every library that a program loads at its start, and theirs, keyed by the path where the loader finds it; the values
 * are the files on this machine, links followed. The loader itself is among them.
 */
export function librariesOf(program: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const { interpreter, needed } = readElf(readFileSync(program));
  if (interpreter === undefined) return found;
  found.set(interpreter, realpathSync(interpreter));
  const queue = [...needed];
  for (const name of queue) {
    if (interpreter.endsWith(`/${name}`)) continue;
    const path = pathOf(name);
    if (found.has(path)) continue;
    found.set(path, realpathSync(path));
    queue.push(...readElf(readFileSync(path)).needed);
  }
  return found;
}

/**
 * A program without its symbol table and section headers: what lies behind the last loaded byte is cut off. Programs
 * run without it, and stack traces of native code use the dynamic symbols, which are loaded and stay.
 */
export function strip(bytes: Buffer): Buffer {
  const loaded = segmentsOf(bytes).filter(({ type }) => type === segmentTypes.load);
  const stripped = Buffer.from(bytes.subarray(0, Math.max(...loaded.map(({ offset, size }) => offset + size))));
  stripped.fill(0, 0x28, 0x30); // e_shoff
  stripped.fill(0, 0x3c, 0x40); // e_shnum, e_shstrndx
  return stripped;
}

function pathOf(library: string): string {
  const folder = libraryFolders.find((candidate) => existsSync(join(candidate, library)));
  if (folder === undefined) throw new Error(`${library} is in none of ${libraryFolders.join(', ')}`);
  return join(folder, library);
}

/** ELF-64 object file format, program header table. */
function segmentsOf(bytes: Buffer): readonly Segment[] {
  const is64LittleEndian = bytes.toString('latin1', 0, 6) === '\u007fELF\u0002\u0001';
  if (!is64LittleEndian || bytes.readUInt16LE(0x12) !== 62) throw new Error('this is no ELF program for x86-64');
  const table = Number(bytes.readBigUInt64LE(0x20));
  const entrySize = bytes.readUInt16LE(0x36);
  return Array.from({ length: bytes.readUInt16LE(0x38) }, (_, index) => {
    const at = table + index * entrySize;
    return {
      type: bytes.readUInt32LE(at),
      offset: Number(bytes.readBigUInt64LE(at + 8)),
      address: Number(bytes.readBigUInt64LE(at + 16)),
      size: Number(bytes.readBigUInt64LE(at + 32)),
    };
  });
}

function neededOf(bytes: Buffer, segments: readonly Segment[]): readonly string[] {
  const dynamic = segments.find(({ type }) => type === segmentTypes.dynamic);
  if (dynamic === undefined) return [];
  const names: number[] = [];
  let strings = 0;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const tag = bytes.readBigUInt64LE(at);
    const value = Number(bytes.readBigUInt64LE(at + 8));
    if (tag === dynamicTags.end) break;
    if (tag === dynamicTags.needed) names.push(value);
    if (tag === dynamicTags.stringTable) strings = fileOffset(segments, value);
  }
  return names.map((name) => stringAt(bytes, strings + name));
}

function fileOffset(segments: readonly Segment[], address: number): number {
  const holder = segments.find(
    (segment) =>
      segment.type === segmentTypes.load && address >= segment.address && address < segment.address + segment.size,
  );
  if (holder === undefined) throw new Error(`no segment holds address ${address}`);
  return address - holder.address + holder.offset;
}

function stringAt(bytes: Buffer, offset: number): string {
  return bytes.toString('latin1', offset, bytes.indexOf(0, offset));
}
