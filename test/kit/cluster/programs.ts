import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtempDisposable, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, cachedPath } from './cache.ts';
import { correctionFlags } from './corrections.ts';
import { execute } from './execute.ts';
import type { Progress } from './progress.ts';
import type { Parts, ProgramName } from './spec.ts';

/** A Go module of `programs/`, its packages to build and what the linker is told. */
interface Program {
  /** `tool`: every package that go.mod names as a tool. */
  readonly target: '.' | 'tool';
  readonly linkerFlags: (version: string) => string;
  /** The module whose version is the program's. */
  readonly module?: string;
  /** Binaries whose names say too little. */
  readonly renamed?: Readonly<Record<string, string>>;
}

const stripped = (): string => '-s -w';

const programs: Readonly<Record<ProgramName, Program>> = {
  pause: { target: '.', linkerFlags: stripped },
  pebble: { target: 'tool', linkerFlags: stripped, module: 'github.com/letsencrypt/pebble/v2' },
  etcd: { target: 'tool', linkerFlags: stripped, module: 'go.etcd.io/etcd/server/v3', renamed: { server: 'etcd' } },
  coredns: { target: '.', linkerFlags: stripped, module: 'github.com/coredns/coredns' },
  kubernetes: { target: 'tool', linkerFlags: kubernetesFlags, module: 'k8s.io/kubernetes' },
  traefik: { target: 'tool', linkerFlags: stripped, module: 'github.com/traefik/traefik/v3' },
};

const sources = join(import.meta.dirname, 'programs');

/** The programs that a cluster of these parts runs, the quick builds first. */
export function programsFor(parts: Parts): readonly ProgramName[] {
  return [
    'pause',
    ...(parts.pebble ? (['pebble'] as const) : []),
    'etcd',
    ...(parts.node ? (['coredns'] as const) : []),
    'kubernetes',
    ...(parts.traefik ? (['traefik'] as const) : []),
  ];
}

export function isBuilt(name: ProgramName): boolean {
  return existsSync(pathOf(name));
}

/** The version that go.mod asks for, such as `v1.36.3`; empty for our own programs. */
export function versionOf(name: ProgramName): string {
  const { module } = programs[name];
  if (module === undefined) return '';
  const required = readFileSync(join(sources, name, 'go.mod'), 'utf8').match(
    new RegExp(`^require ${module} (\\S+)$`, 'm'),
  );
  if (required?.[1] === undefined) throw new Error(`programs/${name}/go.mod does not require ${module}`);
  return required[1];
}

/**
 * Builds what is not in the cache yet and resolves with the folder of each program's binaries.
 *
 * @throws Error with the last lines of the Go command when a build fails.
 */
export async function buildPrograms(
  names: readonly ProgramName[],
  progress: Progress,
): Promise<Record<ProgramName, string>> {
  const folders: Record<ProgramName, string> = {
    pause: pathOf('pause'),
    pebble: pathOf('pebble'),
    etcd: pathOf('etcd'),
    coredns: pathOf('coredns'),
    kubernetes: pathOf('kubernetes'),
    traefik: pathOf('traefik'),
  };
  const missing = names.filter((name) => !isBuilt(name));
  for (const [index, name] of missing.entries()) {
    const title = `building ${[name, versionOf(name)].join(' ').trim()} (${index + 1} of ${missing.length})`;
    await progress.step(title, async (update) => {
      await cached(
        folders[name],
        (folder) => build(name, folder, update),
        () => update('another process builds it'),
      );
    });
  }
  return folders;
}

async function build(name: ProgramName, folder: string, update: (detail: string) => void): Promise<void> {
  const { target, renamed = {} } = programs[name];
  const go = { cwd: join(sources, name), env: goEnvironment(), timeoutMs: 30 * 60_000 };
  update('loading modules');
  await using corrected = await mkdtempDisposable(join(tmpdir(), 'evercert-corrected-'));
  const corrections = await correctionFlags(go, corrected.path);
  const all = await execute('go', ['list', ...corrections, '-deps', target], go);
  const total = all.trim().split('\n').length;
  let compiled = 0;
  await execute('go', ['build', '-v', ...corrections, ...flagsOf(name), '-o', `${folder}/`, target], {
    ...go,
    onErrorLine: () => {
      compiled += 1;
      update(`${compiled} of ${total} packages`);
    },
  });
  for (const [from, to] of Object.entries(renamed)) await rename(join(folder, from), join(folder, to));
}

function flagsOf(name: ProgramName): readonly string[] {
  return ['-trimpath', '-buildvcs=false', '-ldflags', programs[name].linkerFlags(versionOf(name))];
}

function pathOf(name: ProgramName): string {
  const files = readdirSync(join(sources, name)).sort();
  const contents = files.map((file) => readFileSync(join(sources, name, file)));
  return cachedPath(`programs/${name}`, [...files, ...contents, ...flagsOf(name)]);
}

/** Nothing of the user's Go settings but where modules come from: the build is the same for everybody. */
function goEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CGO_ENABLED: '0',
    GOTOOLCHAIN: 'local',
    GOFLAGS: '',
    GOWORK: 'off',
    GOOS: 'linux',
    GOARCH: 'amd64',
  };
}

/** Without these the binaries call themselves v0.0.0, and clients refuse them. */
function kubernetesFlags(version: string): string {
  const [major, minor] = version.slice(1).split('.');
  const stamp = 'k8s.io/component-base/version';
  return [
    stripped(),
    `-X ${stamp}.gitVersion=${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`,
    `-X ${stamp}.gitCommit=proxy -X ${stamp}.gitTreeState=clean -X ${stamp}.buildDate=2026-01-01T00:00:00Z`,
    `-X k8s.io/client-go/pkg/version.gitVersion=${version}`,
  ].join(' ');
}
