/** Reads tar archives as POSIX.1-2017 defines them, apart from the writer under test. */
export interface Member {
  readonly path: string;
  readonly flag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly target: string;
  readonly body: Buffer;
}

/** The members in their order, extended headers applied. Throws when a checksum or the end of the archive is wrong. */
export function readTar(archive: Buffer): Member[] {
  const members: Member[] = [];
  let extended = new Map<string, string>();
  let offset = 0;
  while (archive[offset] !== 0) {
    const header = archive.subarray(offset, offset + 512);
    checkSum(header, offset);
    const size = number(header, 124, 12);
    const body = archive.subarray(offset + 512, offset + 512 + size);
    if (text(header, 156, 1) === 'x') extended = recordsOf(body);
    else {
      members.push(memberOf(header, extended, body));
      extended = new Map();
    }
    offset += 512 + Math.ceil(size / 512) * 512;
  }
  const end = archive.subarray(offset);
  if (end.length !== 1024 || end.some((byte) => byte !== 0))
    throw new Error('the archive does not end in two zero blocks');
  return members;
}

function memberOf(header: Buffer, extended: Map<string, string>, body: Buffer): Member {
  const prefix = text(header, 345, 155);
  const name = text(header, 0, 100);
  return {
    path: extended.get('path') ?? (prefix === '' ? name : `${prefix}/${name}`),
    flag: text(header, 156, 1),
    mode: number(header, 100, 8),
    uid: number(header, 108, 8),
    gid: number(header, 116, 8),
    mtime: number(header, 136, 12),
    target: extended.get('linkpath') ?? text(header, 157, 100),
    body,
  };
}

function checkSum(header: Buffer, offset: number): void {
  const blank = Buffer.from(header);
  blank.fill(' ', 148, 156);
  const sum = blank.reduce((total, byte) => total + byte, 0);
  if (sum !== number(header, 148, 8)) throw new Error(`wrong checksum at ${offset}`);
  if (header.toString('latin1', 257, 265) !== 'ustar\u000000') throw new Error(`no ustar header at ${offset}`);
}

function recordsOf(body: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(' ', at);
    const length = Number(body.toString('ascii', at, space));
    const record = body.toString('utf8', space + 1, at + length);
    if (!record.endsWith('\n')) throw new Error('a pax record does not end in a line feed');
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1, -1));
    at += length;
  }
  return records;
}

function text(header: Buffer, at: number, length: number): string {
  return header.toString('latin1', at, at + length).replace(/\0.*$/s, '');
}

function number(header: Buffer, at: number, length: number): number {
  return Number.parseInt(text(header, at, length).trim() || '0', 8);
}
