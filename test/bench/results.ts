import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Result, Round } from './benchmark.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const folder = join(import.meta.dirname, 'results');

/** What a figure depends on beside the program. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Absent outside of a cluster. */
  readonly kubernetes?: string;
  /** Of the measured sources; `+` after it: with changes that are not committed. */
  readonly commit: string;
}

/** Describes this machine, and the cluster that kubectl reaches where this is the inside of one. */
export async function machine(): Promise<Machine> {
  const inCluster = process.env['EVERCERT_CLUSTER'] !== undefined;
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    ...(inCluster ? { kubernetes: await kubernetesVersion() } : {}),
    commit: await commit(),
  };
}

/** The machine in one line. */
export function machineLine({ cores, processor, memoryGiB, kernel, node, kubernetes, commit: at }: Machine): string {
  const cluster = kubernetes === undefined ? '' : `Kubernetes ${kubernetes}, `;
  return `${cores} cores (${processor}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, ${cluster}commit ${at}`;
}

/** Keeps everything that was measured; gives the file's path from the top of the repository. */
export async function keep(kept: {
  readonly benchmark: string;
  readonly startedAt: Date;
  readonly machine: Machine;
  readonly rounds: readonly Round[];
  readonly results: readonly Result[];
}): Promise<string> {
  await mkdir(folder, { recursive: true });
  const time = kept.startedAt
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  const path = join(folder, `${kept.benchmark}-${time}.json`);
  await writeFile(path, textOf(kept));
  return relative(root, path);
}

/** JSON with one line for each round and each result, and no more decimals than mean anything. */
function textOf({
  rounds,
  results,
  ...head
}: {
  readonly rounds: readonly object[];
  readonly results: readonly object[];
}): string {
  const list = (items: readonly object[]): string => `[\n    ${items.map(plain).join(',\n    ')}\n  ]`;
  const lines = [
    ...Object.entries(head).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`),
    `"results": ${list(results)}`,
    `"rounds": ${list(rounds)}`,
  ];
  return `{\n  ${lines.join(',\n  ')}\n}\n`;
}

function plain(value: object): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'number' ? Math.round(each * 100) / 100 : each));
}

async function kubernetesVersion(): Promise<string> {
  const { stdout } = await run('kubectl', ['version', '--output=json']);
  const { serverVersion } = JSON.parse(stdout) as { readonly serverVersion?: { readonly gitVersion?: string } };
  return serverVersion?.gitVersion ?? 'unknown';
}

async function commit(): Promise<string> {
  try {
    const { stdout: head } = await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: root });
    const { stdout: changes } = await run('git', ['status', '--porcelain', '--', 'src', 'charts', 'crds'], {
      cwd: root,
    });
    return `${head.trim()}${changes === '' ? '' : '+'}`;
  } catch {
    return 'unknown'; // sources without their history
  }
}
