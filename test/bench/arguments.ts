import { parseArgs } from 'node:util';
import type { Benchmark, Case } from './benchmark.ts';

export interface Arguments {
  readonly action: 'run' | 'help';
  readonly benchmark: Benchmark;
  /** With the rounds that are to be run. */
  readonly cases: readonly Case[];
  readonly json: boolean;
}

/** What `--help` says. */
export function usageOf(benchmarks: readonly Benchmark[]): string {
  const one = ({ name, what, cases }: Benchmark): string =>
    [`  ${name.padEnd(22)} ${what}`, ...cases.map((each) => `    ${each.name.padEnd(20)} ${roundsLine(each)}`)].join(
      '\n',
    );
  return `Measures Evercert beside its peers, in turns.

Usage: npm run bench -- BENCHMARK [--cases LIST] [--rounds N] [--json]

${benchmarks.map(one).join('\n')}

  --cases LIST   only these, separated by commas
  --rounds N     so many measured rounds of each subject, in every case
  --json         the results as a JSON array in the last line
  --help

Where a benchmark needs a cluster, it starts one of its own and takes it down again; inside a cluster (npm run cluster --
shell) it measures that one.
The raw samples are kept in test/bench/results/. docs/benchmarks.md says what is measured, and how.
`;
}

function roundsLine({ rounds, what }: Case): string {
  return `${rounds} ${rounds === 1 ? 'round' : 'rounds'}. ${what}`;
}

/**
 * Reads the command line.
 *
 * @throws Error with a sentence that says what is wrong with it.
 */
export function readArguments(argv: readonly string[], benchmarks: readonly Benchmark[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      cases: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [name, unexpected] = positionals;
  const benchmark = benchmarks.find((one) => one.name === name) ?? (values.help ? benchmarks[0] : undefined);
  if (benchmark === undefined || unexpected !== undefined) {
    throw new Error(`name one benchmark: ${benchmarks.map((one) => one.name).join(', ')}; --help says more`);
  }
  const rounds = roundsOf(values.rounds);
  const cases = casesOf(benchmark, values.cases).map((one) => (rounds === undefined ? one : { ...one, rounds }));
  return { action: values.help ? 'help' : 'run', benchmark, cases, json: values.json };
}

function casesOf({ name, cases }: Benchmark, list: string | undefined): readonly Case[] {
  if (list === undefined) return cases;
  const wanted = list.split(',').map((word) => word.trim());
  const unknown = wanted.filter((word) => !cases.some((one) => one.name === word));
  if (unknown.length > 0) {
    const known = cases.map((one) => one.name).join(', ');
    throw new Error(`--cases ${unknown.join(',')}: ${name} has ${known}`);
  }
  return cases.filter((one) => wanted.includes(one.name));
}

function roundsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,2}$/.test(text)) throw new Error(`--rounds ${text}: say a number from 1 to 999`);
  return Number(text);
}
