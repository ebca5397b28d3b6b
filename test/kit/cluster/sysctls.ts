import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** The settings of the whole machine that kubelet and kube-proxy write; those of the network are a namespace's own. */
const names = [
  'vm.overcommit_memory',
  'vm.panic_on_oom',
  'kernel.panic',
  'kernel.panic_on_oops',
  'kernel.keys.root_maxkeys',
  'kernel.keys.root_maxbytes',
  'net.netfilter.nf_conntrack_max',
];

export type Sysctls = Readonly<Record<string, string>>;

export function readSysctls(): Sysctls {
  const there = names.filter((name) => existsSync(fileOf(name)));
  return Object.fromEntries(there.map((name) => [name, readFileSync(fileOf(name), 'utf8').trim()]));
}

/** Writes back what has changed since. */
export function restoreSysctls(saved: Sysctls): void {
  const current = readSysctls();
  for (const [name, value] of Object.entries(saved)) {
    if (current[name] !== undefined && current[name] !== value) writeFileSync(fileOf(name), value);
  }
}

function fileOf(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`;
}
