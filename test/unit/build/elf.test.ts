import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { librariesOf, readElf, strip } from '../../../build/image/elf.ts';

const loader = '/lib64/ld-linux-x86-64.so.2';

/** A program of one loaded segment that names `libc.so.6`, with a symbol table behind it. */
function program(symbols: string): Buffer {
  const bytes = Buffer.alloc(0x200 + symbols.length);
  bytes.write('\u007fELF\u0002\u0001\u0001', 0, 'latin1');
  bytes.writeUInt16LE(62, 0x12);
  bytes.writeBigUInt64LE(0x40n, 0x20);
  bytes.writeBigUInt64LE(0x200n, 0x28);
  bytes.writeUInt16LE(56, 0x36);
  bytes.writeUInt16LE(3, 0x38);
  bytes.writeUInt16LE(7, 0x3c);
  bytes.writeUInt16LE(6, 0x3e);
  const address = 0x40_0000;
  const segments = [
    { type: 1, offset: 0, size: 0x200 },
    { type: 2, offset: 0x140, size: 0x30 },
    { type: 3, offset: 0x180, size: 0x20 },
  ];
  for (const [index, { type, offset, size }] of segments.entries()) {
    const at = 0x40 + index * 56;
    bytes.writeUInt32LE(type, at);
    bytes.writeBigUInt64LE(BigInt(offset), at + 8);
    bytes.writeBigUInt64LE(BigInt(address + offset), at + 16);
    bytes.writeBigUInt64LE(BigInt(size), at + 32);
  }
  const dynamic = [1, 5, 5, address + 0x1c0, 0, 0];
  for (const [index, word] of dynamic.entries()) bytes.writeBigUInt64LE(BigInt(word), 0x140 + index * 8);
  bytes.write(`${loader}\0`, 0x180);
  bytes.write('none\0libc.so.6\0', 0x1c0);
  bytes.write(symbols, 0x200);
  return bytes;
}

describe('ELF', () => {
  test('tells the loader and the libraries that a program names', () => {
    assert.deepEqual(readElf(program('')), { interpreter: loader, needed: ['libc.so.6'] });
  });

  test('cuts off what is never loaded, and the section headers that pointed there', () => {
    const whole = program('symbols and section headers');
    const stripped = strip(whole);
    assert.equal(stripped.length, 0x200);
    assert.deepEqual([stripped.readBigUInt64LE(0x28), stripped.readUInt32LE(0x3c)], [0n, 0]);
    assert.deepEqual(readElf(stripped), readElf(whole));
    assert.equal(whole.readBigUInt64LE(0x28), 0x200n, 'the original is left alone');
  });

  test('refuses what is no program for x86-64', () => {
    assert.throws(() => readElf(Buffer.from('#!/bin/sh\n'.repeat(10))), /no ELF program for x86-64/);
    const arm = program('');
    arm.writeUInt16LE(183, 0x12);
    assert.throws(() => readElf(arm), /no ELF program for x86-64/);
  });

  test('finds every library that the running Node has loaded from the system', () => {
    const libraries = librariesOf(process.execPath);
    const mapped = readFileSync('/proc/self/maps', 'utf8').match(/\/\S+\.so[.\d]*$/gm) ?? [];
    assert.deepEqual([...new Set(libraries.values())].sort(), [...new Set(mapped)].sort());
    assert.ok(libraries.has(loader));
  });
});
