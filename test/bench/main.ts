/**
 * Benchmarks: `npm run bench -- issuance`. Outside of the cluster that a benchmark needs it starts one, and itself inside; there
 * it measures. A figure is never a test: it exits with 1 only when something could not be measured.
 */
import { isInsideCluster, runInOwnCluster } from '../kit/own-cluster.ts';
import { type Arguments, readArguments, usageOf } from './arguments.ts';
import type { Benchmark, Ground } from './benchmark.ts';
import { cache } from './cache/index.ts';
import { failover } from './failover/index.ts';
import { fairness } from './fairness/index.ts';
import { fleet } from './fleet/index.ts';
import { issuance } from './issuance/index.ts';
import { keep, machine, machineLine } from './results.ts';
import { runRounds } from './rounds.ts';
import { summarize } from './statistics.ts';
import { tableOf } from './table.ts';

const benchmarks: readonly Benchmark[] = [issuance, fairness, fleet, failover, cache];

/** What the cluster of each ground is made of, as the kit is told. */
const clusterOf: Readonly<Record<Exclude<Ground, 'machine'>, readonly string[]>> = {
  node: [],
  'control-plane': ['--control-plane'],
  ca: ['--control-plane', '--with', 'pebble'],
  issuing: ['--control-plane', '--with', 'pebble,traefik'],
};

async function measure({ benchmark, cases, json }: Arguments): Promise<void> {
  const startedAt = new Date();
  const on = await machine();
  await using stack = new AsyncDisposableStack();
  const subjects = await benchmark.subjects();
  for (const subject of subjects) stack.use(subject);
  const rounds = await runRounds(cases, subjects, ({ case: name, subject, round }) => {
    const seconds = ((Date.now() - startedAt.getTime()) / 1000).toFixed(0).padStart(4);
    console.error(`[${seconds} s] ${name}, ${subject}, ${round === 0 ? 'warm-up' : `round ${round}`}`);
  });
  const results = summarize(rounds, benchmark.figures);
  const path = await keep({ benchmark: benchmark.name, startedAt, machine: on, rounds, results });
  console.log(machineLine(on));
  const names = subjects.map(({ name }) => name);
  console.log(tableOf(results, names));
  console.log(`Raw samples: ${path}`);
  if (json) console.log(JSON.stringify(results));
}

async function main(argv: readonly string[]): Promise<number> {
  const asked = readArguments(argv, benchmarks);
  if (asked.action === 'help') {
    process.stdout.write(usageOf(benchmarks));
    return 0;
  }
  const { benchmark } = asked;
  const { name, ground } = benchmark;
  if (ground !== 'machine' && !isInsideCluster())
    return runInOwnCluster(['--name', `bench-${name}`, ...clusterOf[ground]], import.meta.filename, argv);
  await measure(asked);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
