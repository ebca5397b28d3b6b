/** What a cluster says when something is wrong. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { type Progress, prepare, startCluster } from '../kit/cluster/index.ts';
import { remainsOf } from './remains.ts';

const silent: Progress = { note: () => undefined, step: (_, work) => work(() => undefined) };
const controlPlane = { node: false, pebble: false, traefik: false, evercert: false };

test('a component that dies at the start is named, with the end of its log, and everything is taken down', async () => {
  const spec = await prepare('kit-broken', controlPlane, silent);
  const etcd = await mkdtemp(join(tmpdir(), 'evercert-broken-'));
  await writeFile(join(etcd, 'etcd'), '#!/bin/sh\necho "the disk is full" >&2\nexit 7\n');
  await chmod(join(etcd, 'etcd'), 0o755);
  try {
    const starting = startCluster({ ...spec, programs: { ...spec.programs, etcd } }, silent);
    await assert.rejects(starting, /etcd: it ended \(exit code 7\)\. The end of its log:\n {2}the disk is full/);
  } finally {
    await rm(etcd, { recursive: true });
  }
  assert.deepEqual(await remainsOf('kit-broken', []), []);
});

test('a second cluster of the same name is refused and the first goes on', async () => {
  const spec = await prepare('kit-twice', controlPlane, silent);
  await using first = await startCluster(spec, silent);
  await assert.rejects(startCluster(spec, silent), /a cluster named kit-twice runs already/);
  const { components } = await first.status();
  assert.deepEqual(
    components.map(({ name, health }) => `${name} ${health}`),
    ['etcd ready', 'kube-apiserver ready', 'kube-controller-manager ready'],
  );
});

test('a name that is no name of a folder is refused', async () => {
  await assert.rejects(prepare('../up', controlPlane, silent), /\.\.\/up is no name for a cluster/);
});

test('a machine without Go is told so before anything is built', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evercert-no-go-'));
  try {
    const named = ['apt-get', 'flock', 'npm', 'nsenter', 'setpriv', 'tar'];
    for (const program of named) await writeFile(join(folder, program), '', { mode: 0o755 });
    for (const program of ['true', 'unshare']) await symlink(`/usr/bin/${program}`, join(folder, program));
    const main = resolve(import.meta.dirname, '../kit/cluster/main.ts');
    const { status, stderr } = spawnSync(process.execPath, [main, 'up', '--control-plane', '--name', 'kit-no-go'], {
      env: { PATH: `${folder}:${dirname(process.execPath)}`, XDG_CACHE_HOME: join(folder, 'cache') },
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /^evercert: Go 1\.26 or newer is needed .*: there is no go\.\n$/);
    assert.deepEqual((await readdir(folder)).sort(), [...named, 'true', 'unshare'], 'nothing was made');
  } finally {
    await rm(folder, { recursive: true });
  }
});
