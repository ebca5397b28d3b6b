import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runningClusters } from '../kit/cluster/registry.ts';
import { layoutOf } from '../kit/cluster/spec.ts';
import { readSysctls } from '../kit/cluster/sysctls.ts';

/** What of this machine a cluster may touch and has to put back. */
export interface Snapshot {
  readonly mounts: string;
  readonly links: readonly string[];
  /** Undefined while a cluster of somebody else runs, which may have written them. */
  readonly sysctls: Readonly<Record<string, string>> | undefined;
}

export function takeSnapshot(): Snapshot {
  return {
    mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
    links: readdirSync('/sys/class/net').sort(),
    sysctls: runningClusters().length === 0 ? readSysctls() : undefined,
  };
}

/** A shell command that prints the namespaces it runs in. */
export const printNamespaces = 'readlink /proc/self/ns/mnt /proc/self/ns/net /proc/self/ns/pid';

/** Resolves with what is left of a cluster: processes in its namespaces, its cgroups and its folder. */
export async function remainsOf(name: string, namespaces: readonly string[]): Promise<readonly string[]> {
  const deadline = performance.now() + 5000;
  for (;;) {
    const found = [...processesIn(namespaces), ...cgroupsOf(name), ...foldersOf(name)];
    if (found.length === 0 || performance.now() > deadline) return found;
    await sleep(100);
  }
}

/** Every process of the machine with one of these namespaces, threads' parents and zombies' remains left out. */
export function processesIn(namespaces: readonly string[]): readonly string[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.flatMap((pid) => {
    try {
      const own = ['mnt', 'net', 'pid'].map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
      const isInside = own.some((namespace) => namespaces.includes(namespace));
      return isInside ? [`process ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`] : [];
    } catch {
      return []; // it ended while we looked
    }
  });
}

function cgroupsOf(name: string): readonly string[] {
  const { cgroup } = layoutOf(name);
  const found = execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', `${cgroup}*`], { encoding: 'utf8' });
  return found.split('\n').filter((line) => line !== '');
}

function foldersOf(name: string): readonly string[] {
  const { folder } = layoutOf(name);
  return existsSync(folder) ? readdirSync(folder).map((entry) => join(folder, entry)) : [];
}
