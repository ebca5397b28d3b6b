import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtempDisposable, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { directoryFiles, type Image, type ImageFile, writeImage } from '../../../build/image/archive.ts';
import { type Member, readTar } from '../../kit/tar-reader.ts';

const folder = (): ReturnType<typeof mkdtempDisposable> => mkdtempDisposable(join(tmpdir(), 'evercert-archive-'));

interface Written {
  readonly image: Image;
  readonly bytes: Buffer;
  readonly layer: Map<string, Member>;
  readonly order: readonly string[];
  /** The parsed JSON member of that name. */
  readonly json: (name: string) => unknown;
}

async function write(root: string, files: Iterable<ImageFile> | AsyncIterable<ImageFile>): Promise<Written> {
  const output = join(root, 'image.tar');
  const image = await writeImage({
    output,
    reference: 'example.org/thing:1',
    files,
    entrypoint: ['/thing', '--flag'],
    user: '65532:65532',
    env: { LANG: 'C' },
    labels: { 'org.opencontainers.image.title': 'Thing' },
    exposedPorts: ['8080/tcp'],
  });
  const bytes = await readFile(output);
  const outer = new Map(readTar(bytes).map((member) => [member.path, member.body]));
  const members = readTar(outer.get('layer.tar') ?? Buffer.alloc(0));
  return {
    image,
    bytes,
    layer: new Map(members.map((member) => [member.path, member])),
    order: members.map((member) => member.path),
    json: (name) => JSON.parse(outer.get(name)?.toString() ?? 'null') as unknown,
  };
}

const sha256 = (bytes: string | Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

describe('image archive', () => {
  test('has one layer, its config and the manifest that names both', async () => {
    await using root = await folder();
    const { image, bytes, json } = await write(root.path, [{ path: '/thing', mode: 0o755, content: 'x' }]);
    const outer = new Map(readTar(bytes).map((member) => [member.path, member.body]));
    assert.deepEqual([...outer.keys()], ['layer.tar', 'config.json', 'manifest.json']);
    assert.deepEqual(json('manifest.json'), [
      { Config: 'config.json', RepoTags: ['example.org/thing:1'], Layers: ['layer.tar'] },
    ]);
    const layerDigest = sha256(outer.get('layer.tar') ?? '');
    assert.deepEqual(json('config.json'), {
      architecture: 'amd64',
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: {
        Entrypoint: ['/thing', '--flag'],
        Env: ['LANG=C'],
        WorkingDir: '/',
        User: '65532:65532',
        ExposedPorts: { '8080/tcp': {} },
        Labels: { 'org.opencontainers.image.title': 'Thing' },
      },
      rootfs: { type: 'layers', diff_ids: [layerDigest] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'build/image' }],
    });
    assert.deepEqual(image, {
      size: bytes.length,
      archiveDigest: sha256(bytes),
      imageID: sha256(outer.get('config.json') ?? ''),
      layerDigest,
    });
  });

  test('lists sorted entries with missing folders, owner 0:0 and time 0', async () => {
    await using root = await folder();
    const { layer, order } = await write(root.path, [
      { path: '/usr/bin/tool', mode: 0o755, content: '#!' },
      { path: '/tmp', mode: 0o1777, directory: true },
      { path: '/bin', link: 'usr/bin' },
      { path: '/usr/bin-other', mode: 0o600, content: '' },
    ]);
    assert.deepEqual(order, ['bin', 'tmp/', 'usr/', 'usr/bin/', 'usr/bin-other', 'usr/bin/tool']);
    const told = [...layer.values()].map(({ flag, mode, uid, gid, mtime, target }) => [
      flag,
      mode.toString(8),
      uid,
      gid,
      mtime,
      target,
    ]);
    assert.deepEqual(told, [
      ['2', '777', 0, 0, 0, 'usr/bin'],
      ['5', '1777', 0, 0, 0, ''],
      ['5', '755', 0, 0, 0, ''],
      ['5', '755', 0, 0, 0, ''],
      ['0', '600', 0, 0, 0, ''],
      ['0', '755', 0, 0, 0, ''],
    ]);
  });

  test('keeps names and link targets of any length and language', async () => {
    await using root = await folder();
    const long = `/${'a'.repeat(60)}/${'b'.repeat(60)}/${'c'.repeat(60)}`;
    const longer = `/${'d'.repeat(120)}/${'e'.repeat(200)}`;
    const { layer } = await write(root.path, [
      { path: long, mode: 0o644, content: 'ustar prefix' },
      { path: longer, mode: 0o644, content: 'pax path' },
      { path: '/Zertifikat-über-📜', mode: 0o644, content: 'UTF-8' },
      { path: '/link', link: longer },
    ]);
    assert.equal(layer.get(long.slice(1))?.body.toString(), 'ustar prefix');
    assert.equal(layer.get(longer.slice(1))?.body.toString(), 'pax path');
    assert.equal(layer.get('Zertifikat-über-📜')?.body.toString(), 'UTF-8');
    assert.equal(layer.get('link')?.target, longer);
  });

  test('takes a whole folder with its links and permission bits', async () => {
    await using root = await folder();
    const tree = join(root.path, 'tree');
    await mkdir(join(tree, 'sub'), { recursive: true });
    await writeFile(join(tree, 'sub', 'run'), 'body');
    await chmod(join(tree, 'sub', 'run'), 0o4755);
    await chmod(join(tree, 'sub'), 0o700);
    await symlink('sub/run', join(tree, 'run'));
    const { layer, order } = await write(root.path, directoryFiles(tree, '/opt'));
    assert.deepEqual(order, ['opt/', 'opt/run', 'opt/sub/', 'opt/sub/run']);
    assert.equal(layer.get('opt/run')?.target, 'sub/run');
    assert.equal(layer.get('opt/sub/')?.mode, 0o700);
    assert.equal(layer.get('opt/sub/run')?.mode, 0o4755);
    assert.equal(layer.get('opt/sub/run')?.body.toString(), 'body');
  });

  test('refuses a socket in a folder', async () => {
    await using root = await folder();
    const tree = join(root.path, 'tree');
    await mkdir(tree);
    const server = createServer().listen(join(tree, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    await assert.rejects(write(root.path, directoryFiles(tree)), /socket is neither a file, a link nor a folder/);
    await new Promise((resolve) => server.close(resolve));
  });

  const refused: readonly (readonly [name: string, files: readonly ImageFile[], message: RegExp])[] = [
    [
      'two files of one path',
      [
        { path: '/a', mode: 0o644, content: '' },
        { path: '/./a', link: 'b' },
      ],
      /two entries for \/a/,
    ],
    [
      'a file below a link',
      [
        { path: '/lib', link: 'usr/lib' },
        { path: '/lib/x', mode: 0o644, content: '' },
      ],
      /\/lib\/x lies below \/lib, which is a link/,
    ],
    ['a relative path', [{ path: 'a', mode: 0o644, content: '' }], /no absolute path/],
    ['the root itself', [{ path: '/', mode: 0o755, directory: true }], /no absolute path/],
    ['a path that leaves the root', [{ path: '../a', mode: 0o644, content: '' }], /no absolute path/],
    ['a source that is not there', [{ path: '/a', mode: 0o644, source: '/nowhere/at/all' }], /ENOENT/],
  ];
  for (const [name, files, message] of refused) {
    test(`refuses ${name} and leaves nothing behind`, async () => {
      await using root = await folder();
      await assert.rejects(write(root.path, files), message);
      assert.deepEqual(await readdir(root.path), []);
    });
  }

  test('leaves nothing behind when a source has another length than it had at first', async () => {
    await using root = await folder();
    await assert.rejects(
      write(root.path, [{ path: '/a', mode: 0o644, source: '/proc/self/status' }]),
      /were announced/,
    );
    assert.deepEqual(await readdir(root.path), []);
  });

  test('gives the same bytes for the same files in any order, and every body back', async () => {
    await using root = await folder();
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 130 })
      .map((text) => text.replaceAll(/[/\0]/g, '_'));
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `/f${parts.join('/f')}`);
    const file = fc.record({
      path,
      mode: fc.integer({ min: 0, max: 0o7777 }),
      content: fc.uint8Array({ maxLength: 1100 }),
    });
    const files = fc.uniqueArray(file, { selector: ({ path: of }) => of, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        files.filter((list) => !list.some((a) => list.some((b) => b.path.startsWith(`${a.path}/`)))),
        async (list) => {
          const first = await write(root.path, list);
          const second = await write(root.path, list.toReversed());
          assert.equal(second.image.archiveDigest, first.image.archiveDigest);
          for (const { path: of, mode, content } of list) {
            const member = first.layer.get(of.slice(1));
            assert.equal(member?.mode, mode);
            assert.ok(member.body.equals(content));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
