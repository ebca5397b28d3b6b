/**
 * Which clusters this machine runs, and what its sysctls were before the first of them. A cluster that was killed
 * leaves its entry; whoever comes next finds that its supervisor is dead and clears up after it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeCgroup } from './cgroups.ts';
import { withLock } from './lock.ts';
import { isAlive, type ProcessIdentity } from './processes.ts';
import { clustersFolder, layoutOf } from './spec.ts';
import { readSysctls, restoreSysctls, type Sysctls } from './sysctls.ts';

/** Below /run, since none of it is true after the machine's next start. */
const folder = '/run/evercert';
const file = join(folder, 'clusters.json');

export interface ClusterEntry {
  readonly name: string;
  readonly supervisor: ProcessIdentity;
}

interface Registry {
  readonly sysctls: Sysctls;
  readonly clusters: readonly ClusterEntry[];
}

/** The clusters that run. */
export function runningClusters(): readonly ClusterEntry[] {
  return read().clusters.filter(({ supervisor }) => isAlive(supervisor));
}

/**
 * Enters a cluster, and makes its folder.
 *
 * @throws Error when one of that name runs.
 */
export async function enter(entry: ClusterEntry): Promise<void> {
  await change(async (clusters) => {
    if (clusters.some(({ name }) => name === entry.name)) {
      throw new Error(`a cluster named ${entry.name} runs already: take it down, or give another --name`);
    }
    const layout = layoutOf(entry.name);
    await rm(layout.folder, { recursive: true, force: true });
    for (const path of [layout.folder, layout.logs, layout.secrets])
      await mkdir(path, { recursive: true, mode: 0o700 });
    return [...clusters, entry];
  });
}

/** Takes a cluster off whose processes have ended, with its cgroup and its folder. */
export async function leave(name: string): Promise<void> {
  await change(async (clusters) => {
    await clear(name);
    return clusters.filter((cluster) => cluster.name !== name);
  });
}

/** Clears up after clusters that were killed and resolves with their names. */
export async function sweep(): Promise<readonly string[]> {
  const killed = read().clusters.filter(({ supervisor }) => !isAlive(supervisor));
  if (killed.length > 0) await change((clusters) => clusters);
  return killed.map(({ name }) => name);
}

async function change(
  next: (clusters: readonly ClusterEntry[]) => readonly ClusterEntry[] | Promise<readonly ClusterEntry[]>,
): Promise<void> {
  await withLock(join(folder, 'lock'), { timeoutMs: 60_000 }, async () => {
    const { sysctls, clusters } = read();
    for (const { name } of clusters.filter(({ supervisor }) => !isAlive(supervisor))) await clear(name);
    const alive = clusters.filter(({ supervisor }) => isAlive(supervisor));
    // What a killed cluster saved is what the machine had; what it has now, that cluster may have written.
    const saved = clusters.length === 0 ? readSysctls() : sysctls;
    await write(saved, await settle(saved, alive, next));
  });
}

async function settle(
  saved: Sysctls,
  alive: readonly ClusterEntry[],
  next: Parameters<typeof change>[0],
): Promise<readonly ClusterEntry[]> {
  try {
    return await next(alive);
  } catch (error) {
    await write(saved, alive);
    throw error;
  }
}

async function write(saved: Sysctls, clusters: readonly ClusterEntry[]): Promise<void> {
  if (clusters.length === 0) {
    restoreSysctls(saved);
    await rm(file, { force: true });
    for (const empty of [clustersFolder, dirname(clustersFolder)]) await rmdir(empty).catch(() => undefined);
    return;
  }
  await writeFile(`${file}.partial`, JSON.stringify({ sysctls: saved, clusters } satisfies Registry));
  await rename(`${file}.partial`, file);
}

/** The kernel ends a cluster's processes with its supervisor; cgroups and files are left to us. */
async function clear(name: string): Promise<void> {
  const layout = layoutOf(name);
  await removeCgroup(layout.cgroup);
  await rm(layout.folder, { recursive: true, force: true });
}

function read(): Registry {
  if (!existsSync(file)) return { sysctls: {}, clusters: [] };
  return JSON.parse(readFileSync(file, 'utf8')) as Registry;
}
