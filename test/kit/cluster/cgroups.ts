import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './processes.ts';

const root = '/sys/fs/cgroup';
const controllers = ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb'];
const hierarchies = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'systemd'];

/** Whether the machine has the one hierarchy of cgroup v2, and not the many of v1. */
function isUnified(): boolean {
  return existsSync(join(root, 'cgroup.controllers'));
}

/** Makes the cgroup that the kubelet wants to find (its `cgroupRoot`) in every hierarchy. */
export async function makeCgroup(name: string): Promise<void> {
  if (isUnified()) {
    await enableControllers(root);
    await mkdir(join(root, name), { recursive: true });
    await enableControllers(join(root, name));
    return;
  }
  for (const hierarchy of hierarchies.filter((one) => existsSync(join(root, one)))) {
    await mkdir(join(root, hierarchy, name), { recursive: true });
  }
  // A new cpuset is empty, and no process can enter an empty one.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(root, 'cpuset', name, file), await readFile(join(root, 'cpuset', file)));
  }
}

async function enableControllers(folder: string): Promise<void> {
  const available = (await readFile(join(folder, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  for (const controller of controllers.filter((one) => available.includes(one))) {
    await writeFile(join(folder, 'cgroup.subtree_control'), `+${controller}`);
  }
}

/**
 * Removes a cluster's cgroup from every hierarchy. Its processes have ended, but the kernel may still be at it.
 *
 * @throws Error when some are not gone after ten seconds.
 */
export async function removeCgroup(name: string): Promise<void> {
  const roots = isUnified() ? [root] : (await readdir(root)).map((hierarchy) => join(root, hierarchy));
  const folders = roots.map((folder) => join(folder, name)).filter((folder) => existsSync(folder));
  const remove = async (): Promise<boolean> => {
    for (const folder of folders) await removeTree(folder).catch(() => undefined);
    return folders.every((folder) => !existsSync(folder));
  };
  if (!(await eventually(remove, { timeoutMs: 10_000, intervalMs: 100 }))) {
    throw new Error(`the cgroup ${name} is still in use: ${folders.filter((folder) => existsSync(folder)).join(', ')}`);
  }
}

/** The kernel removes the files of a cgroup by itself. */
async function removeTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  }
  await rmdir(folder);
}
