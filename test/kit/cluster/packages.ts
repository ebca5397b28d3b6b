import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { execute } from './execute.ts';
import { withLock } from './lock.ts';
import type { Progress } from './progress.ts';
import type { Parts } from './spec.ts';

/** Where packages and container engines put the CNI plugins. */
const cniFolders = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];

/** A Debian package, and how to see that what we want of it is there, from wherever. */
interface Package {
  readonly name: string;
  readonly isThere: () => boolean;
}

const everyCluster: readonly Package[] = [programs('iproute2', 'ip'), programs('mount', 'mount')];
const everyNode: readonly Package[] = [
  programs('containerd', 'containerd', 'ctr', 'containerd-shim-runc-v2'),
  programs('runc', 'runc'),
  { name: 'containernetworking-plugins', isThere: () => cniFolder() !== undefined },
  programs('nftables', 'nft'),
  programs('iptables', 'iptables'),
  programs('conntrack', 'conntrack'),
];

/** The Debian packages that a cluster of these parts needs and the machine lacks. */
export function missingPackages(parts: Parts): readonly string[] {
  const wanted = parts.node ? [...everyCluster, ...everyNode] : everyCluster;
  return wanted.filter(({ isThere }) => !isThere()).map(({ name }) => name);
}

/**
 * Installs them.
 *
 * @throws Error with apt's last lines when they cannot be installed, or another package would have to go for them.
 */
export async function installPackages(names: readonly string[], progress: Progress): Promise<void> {
  if (names.length === 0) return;
  const apt = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: 10 * 60_000 };
  const patient = ['-o', 'DPkg::Lock::Timeout=300']; // somebody else may be installing
  await progress.step(`installing Debian packages: ${names.join(' ')}`, async (update) => {
    await withPackageLists(async () => {
      update('installing');
      await execute(
        'apt-get',
        ['install', '--yes', '--no-install-recommends', '--no-remove', ...patient, ...names],
        apt,
      );
    });
  });
}

/**
 * Does something with apt; when it fails, once more with fresh lists: a machine's lists are often absent or old. One of us at a
 * time, since apt waits for nobody who fetches lists, and clusters start side by side.
 */
export async function withPackageLists(use: () => Promise<void>): Promise<void> {
  await withLock(join(cacheFolder, '.packages.lock'), { timeoutMs: 30 * 60_000 }, async () => {
    try {
      await use();
    } catch {
      await execute('apt-get', ['update'], { timeoutMs: 5 * 60_000 });
      await use();
    }
  });
}

/** The folder of the CNI plugins, if any. */
export function cniFolder(): string | undefined {
  return cniFolders.find((folder) => existsSync(join(folder, 'bridge')) && existsSync(join(folder, 'portmap')));
}

export function isOnPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

function programs(name: string, ...files: readonly string[]): Package {
  return { name, isThere: () => files.every(isOnPath) };
}
