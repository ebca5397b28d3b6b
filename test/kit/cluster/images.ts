import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ImageFile, writeImage } from '../../../build/image/archive.ts';
import { readElf } from '../../../build/image/elf.ts';
import { cached, cachedPath } from './cache.ts';
import { execute } from './execute.ts';
import { withPackageLists } from './packages.ts';
import type { Progress } from './progress.ts';

const repository = resolve(import.meta.dirname, '..', '..', '..');

/** The image that holds the namespaces of every pod. */
export const pauseImage = 'registry.k8s.io/pause:3.10';

/** Debian's nginx, for sites of tests and the demo. Its configuration is a file that the pod mounts. */
const nginxImage = 'local.test/nginx:1';

/** Makes pause's image from the program's folder, unless it is there, and resolves with the archive. */
export async function makePauseImage(programFolder: string): Promise<string> {
  const folder = await cached(cachedPath('images/pause', [programFolder, pauseImage]), async (partial) => {
    await writeImage({
      output: join(partial, 'image.tar'),
      reference: pauseImage,
      entrypoint: ['/pause'],
      user: '65535:65535',
      files: [{ path: '/pause', mode: 0o755, source: join(programFolder, 'pause') }],
    });
  });
  return join(folder, 'image.tar');
}

/** Makes nginx's image from this distribution's packages, unless it is there, and resolves with the archive. */
export async function makeNginxImage(progress: Progress): Promise<string> {
  const path = cachedPath('images/nginx', [readFileSync(import.meta.filename)]);
  if (!existsSync(path)) {
    await progress.step(`making the image ${nginxImage} from Debian packages`, (update) =>
      cached(path, async (partial) => {
        const root = await mkdtemp(join(tmpdir(), 'evercert-nginx-'));
        try {
          await unpackPackages('nginx', root, update);
          await writeNginxImage(root, join(partial, 'image.tar'));
        } finally {
          await rm(root, { recursive: true, force: true });
        }
      }),
    );
  }
  return join(path, 'image.tar');
}

/** Makes Evercert's image from the sources as they are, and resolves with the archive. */
export async function makeEvercertImage(progress: Progress): Promise<string> {
  const output = `${cachedPath('images/evercert', [repository])}.tar`;
  await progress.step("making Evercert's image", () =>
    execute(process.execPath, ['--disable-warning=ExperimentalWarning', 'build/image/main.ts', '--output', output], {
      cwd: repository,
    }),
  );
  return output;
}

/** Unpacks a package with all that it depends on, as if nothing were installed. Installs nothing. */
async function unpackPackages(name: string, root: string, update: (detail: string) => void): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'evercert-packages-'));
  try {
    await mkdir(join(work, 'partial'));
    await writeFile(join(work, 'status'), '');
    const options = [`Dir::Cache::archives=${work}`, `Dir::State::status=${join(work, 'status')}`];
    const flags = ['--download-only', '--yes', '--no-install-recommends', ...options.flatMap((one) => ['-o', one])];
    update('downloading');
    await withPackageLists(async () => {
      await execute('apt-get', ['install', ...flags, name], { timeoutMs: 5 * 60_000 });
    });
    update('unpacking');
    const archives = (await readdir(work)).filter((file) => file.endsWith('.deb'));
    for (const archive of archives) await execute('dpkg', ['-x', join(work, archive), root]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function writeNginxImage(root: string, output: string): Promise<void> {
  const program = '/usr/sbin/nginx';
  const files: ImageFile[] = [
    { path: program, mode: 0o755, source: join(root, program) },
    { path: '/etc/nginx/mime.types', mode: 0o644, source: join(root, 'etc/nginx/mime.types') },
    { path: '/etc/nginx/nginx.conf', mode: 0o644, content: defaultConfiguration },
    {
      path: '/etc/passwd',
      mode: 0o644,
      content: 'root:x:0:0:root:/:/sbin/nologin\nwww-data:x:33:33::/:/sbin/nologin\n',
    },
    { path: '/etc/group', mode: 0o644, content: 'root:x:0:\nwww-data:x:33:\n' },
    { path: '/var/log/nginx/access.log', link: '/dev/stdout' },
    { path: '/var/log/nginx/error.log', link: '/dev/stderr' },
    { path: '/var/lib/nginx', mode: 0o755, directory: true },
    { path: '/run', mode: 0o755, directory: true },
    { path: '/tmp', mode: 0o1777, directory: true },
  ];
  for (const [path, source] of librariesIn(root, program)) files.push({ path, mode: 0o755, source });
  await writeImage({
    output,
    reference: nginxImage,
    entrypoint: [program],
    command: ['-g', 'daemon off;'],
    env: { PATH: '/usr/sbin:/usr/bin' },
    files,
  });
}

const defaultConfiguration = `user www-data;
pid /run/nginx.pid;
events { worker_connections 512; }
http {
  include mime.types;
  include conf.d/*.conf;
}
`;

/** The libraries that a program of an unpacked distribution loads: path in the image, and file in `root`. */
function librariesIn(root: string, program: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const { interpreter, needed } = readElf(readFileSync(join(root, program)));
  if (interpreter === undefined) return found;
  const folders = ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu'];
  const queue = [...needed];
  for (const name of queue) {
    const path = folders.map((folder) => `${folder}/${name}`).find((candidate) => existsSync(join(root, candidate)));
    if (path === undefined) throw new Error(`${program} needs ${name}, which is in none of its packages`);
    if (found.has(path)) continue;
    found.set(path, realpathSync(join(root, path)));
    queue.push(...readElf(readFileSync(join(root, path))).needed);
  }
  found.set(interpreter, realpathSync(join(root, interpreter)));
  return found;
}
