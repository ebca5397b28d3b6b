import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { imageConfig, version } from '../../build/image/contents.ts';
import { type Member, readTar } from '../kit/tar-reader.ts';
import { serveSite, siteCertificate } from './server.ts';

const program = join(import.meta.dirname, '..', '..', 'build', 'image', 'main.ts');

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function makeImage(...options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...options], { maxBuffer: 1 << 24 });
  return stdout;
}

async function layerOf(archive: string): Promise<readonly Member[]> {
  const outer = readTar(await readFile(archive));
  return readTar(outer.find(({ path }) => path === 'layer.tar')?.body ?? Buffer.alloc(1024));
}

async function extract(layer: readonly Member[], root: string): Promise<void> {
  for (const { path, flag, mode, target, body } of layer) {
    const at = join(root, path);
    await mkdir(flag === '5' ? at : dirname(at), { recursive: true });
    if (flag === '2') await symlink(target, at);
    else if (flag === '0') await writeFile(at, body);
    if (flag !== '2') await chmod(at, mode);
  }
}

/** Runs a program of the image as its user, with nothing of this machine to be seen but its network and a fresh /proc. */
async function run(root: string, argv: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const enter = 'mount -t proc proc "$1/proc" && exec chroot --userspec=65532:65532 "$@"';
  const isolated = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', enter, 'sh', root, ...argv];
  const [tool, ...args] = ['unshare', ...isolated];
  const child = spawn(tool, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  const text = async (stream: AsyncIterable<Buffer>): Promise<string> =>
    Buffer.concat(await Array.fromAsync(stream)).toString();
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}

describe('image', () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  let root = '';
  let told = '';

  before(async () => {
    folder = await mkdtempDisposable(join(tmpdir(), 'evercert-image-'));
    told = await makeImage('--output', join(folder.path, 'first.tar'), '--reference', 'example.org/evercert:test');
    root = join(folder.path, 'root');
    await extract(await layerOf(join(folder.path, 'first.tar')), root);
    await mkdir(join(root, 'proc'));
  });
  after(async () => folder.remove());

  test('is the same, byte for byte, when it is made again', async () => {
    const second = join(folder.path, 'second.tar');
    await makeImage('--output', second, '--reference', 'example.org/evercert:test');
    const digest = async (path: string): Promise<string> =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
    const first = await digest(join(folder.path, 'first.tar'));
    assert.equal(await digest(second), first);
    assert.ok(told.includes(`sha256:${first}`), 'the digest is printed');
  });

  test('is told with its size and the commands that load it', () => {
    assert.match(told, /example\.org\/evercert:test, \d+\.\d MB, made in /);
    for (const command of ['ctr -n k8s.io images import', 'docker load', 'podman load', 'skopeo copy', 'kind load']) {
      assert.ok(told.includes(command), command);
    }
  });

  test('starts the program as its numeric user', async () => {
    const { code, stdout, stderr } = await run(root, [...imageConfig.entrypoint, '--version']);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.ok(stdout.includes(version), stdout);
  });

  test('resolves names by DNS and verifies the certificate of a site', async () => {
    await using site = await serveSite();
    await writeFile(join(root, 'etc/resolv.conf'), `nameserver ${site.nameserver}\n`);
    await writeFile(join(root, 'tmp/ca.pem'), siteCertificate);
    const script = `
      const { lookup } = require('node:dns/promises');
      const answers = async (url) => (await fetch(url)).text();
      (async () => console.log(JSON.stringify([
        process.getuid(), process.getgid(), require('node:os').userInfo().username,
        (await lookup('site.test')).address,
        await lookup('nowhere.test').catch(({ code }) => code),
        await answers('${site.url}'),
      ])))();`;
    const { stdout, stderr } = await run(root, ['/usr/local/bin/node', '-e', script], {
      NODE_EXTRA_CA_CERTS: '/tmp/ca.pem',
    });
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), [65532, 65532, 'evercert', site.nameserver, 'ENOTFOUND', 'served']);

    const untrusting = await run(root, [
      '/usr/local/bin/node',
      '-e',
      `fetch('${site.url}').catch((e) => console.log(e.cause.code))`,
    ]);
    assert.equal(untrusting.stdout.trim(), 'DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  test('lets its user write to /tmp and nowhere else', async () => {
    const script = `
      const { mkdirSync } = require('node:fs');
      const canWrite = (folder) => { try { mkdirSync(folder + '/new'); return true; } catch { return false; } };
      console.log(JSON.stringify(['/', '/app', '/etc', '/usr/local/bin', '/tmp'].map(canWrite)));`;
    const { stdout } = await run(root, ['/usr/local/bin/node', '-e', script]);
    assert.deepEqual(JSON.parse(stdout), [false, false, false, false, true]);
  });

  test('can be written as a folder, which holds what the archive holds', async () => {
    const plain = join(folder.path, 'plain');
    await makeImage('--root', plain);
    for (const { path, flag, body } of await layerOf(join(folder.path, 'first.tar'))) {
      if (flag === '0') assert.ok(body.equals(await readFile(join(plain, path))), path);
    }
    await assert.rejects(makeImage('--root', plain), /EEXIST/);
  });
});
