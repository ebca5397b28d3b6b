import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { readZip } from '../../../kit/cluster/zip.ts';

interface Member {
  readonly path: string;
  readonly content: Uint8Array;
  readonly deflate: boolean;
}

/** Writes an archive as APPNOTE.TXT has it. */
function zip(members: readonly Member[]): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, content, deflate } of members) {
    const packed = deflate ? deflateRawSync(content) : Buffer.from(content);
    const name = Buffer.from(path);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflate ? 8 : 0, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), common, entry, name);
    const header = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), common, name, packed]);
    local.push(header);
    offset += header.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, entries, end]);
}

const member = fc.record({
  path: fc.stringMatching(/^[a-z/]{1,20}$/),
  content: fc.uint8Array({ maxLength: 2000 }),
  deflate: fc.boolean(),
});

test('every file of an archive is read as it was written, packed or stored', () => {
  fc.assert(
    fc.property(fc.uniqueArray(member, { selector: ({ path }) => path, maxLength: 5 }), (members) => {
      const archive = zip(members);
      for (const { path, content } of members) assert.deepEqual(new Uint8Array(readZip(archive, path)), content);
    }),
  );
});

test('a file that is not there, and what is no archive, are refused', () => {
  const archive = zip([{ path: 'helm', content: Buffer.from('x'), deflate: true }]);
  assert.throws(() => readZip(archive, 'kubectl'), /the zip archive has no kubectl/);
  assert.throws(() => readZip(Buffer.from('nothing'), 'helm'), /no zip archive/);
});
