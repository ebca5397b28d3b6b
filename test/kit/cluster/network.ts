import { existsSync, realpathSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execute } from './execute.ts';
import { type ClusterSpec, type Layout, nodeAddress } from './spec.ts';

/** Gives the private network its one address, on one end of a pair of which nobody holds the other. */
export async function makeNetwork({ parts }: ClusterSpec): Promise<void> {
  const commands = [
    'link set lo up',
    'link add node0 type veth peer name node0p',
    'link set node0p up',
    `address add ${nodeAddress}/24 dev node0`,
    'link set node0 up',
    ...(parts.node ? ['route add default dev node0'] : []),
  ];
  await execute('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n` });
  if (parts.node) await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
}

/** Gives the namespaces folders of their own where the programs of a node, and libraries, have fixed paths. */
export async function makeMounts({ parts }: ClusterSpec, layout: Layout): Promise<void> {
  const resolver = existsSync('/etc/resolv.conf') ? realpathSync('/etc/resolv.conf') : undefined;
  if (parts.node) await makeNodeMounts(layout);
  if (parts.pebble) await mountResolver(layout, resolver);
}

async function makeNodeMounts(layout: Layout): Promise<void> {
  // sysfs shows the network devices of the namespace in which it is mounted; the cgroups below it are kept.
  const cgroups = join(layout.folder, 'cgroups');
  await mkdir(cgroups);
  await mount('--rbind', '/sys/fs/cgroup', cgroups);
  await mount('-t', 'sysfs', 'sysfs', '/sys');
  await mount('--rbind', cgroups, '/sys/fs/cgroup');
  for (const folder of ['/run', '/var/log', '/var/lib/cni']) {
    await mkdir(folder, { recursive: true });
    await mount('-t', 'tmpfs', 'tmpfs', folder);
  }
}

/** Without an /etc/resolv.conf the C library asks 127.0.0.1, where our DNS server listens too. */
async function mountResolver(layout: Layout, resolver: string | undefined): Promise<void> {
  if (resolver === undefined) return;
  await writeFile(resolverOf(layout), `nameserver ${nodeAddress}\n`);
  await mkdir(dirname(resolver), { recursive: true }); // it may have lain below /run
  if (!existsSync(resolver)) await writeFile(resolver, '');
  await mount('--bind', resolverOf(layout), resolver);
}

/** The resolv.conf of the node, which the kubelet gives to pods that want the node's. */
export function resolverOf({ folder }: Layout): string {
  return join(folder, 'resolv.conf');
}

async function mount(...args: readonly string[]): Promise<void> {
  await execute('mount', args);
}
