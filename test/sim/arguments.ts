import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { chance } from './explorer/explore.ts';
import { families } from './explorer/families.ts';
import { scenarios } from './explorer/scenarios/index.ts';
import type { Schedule } from './explorer/schedule.ts';

/** What the command line asks for. */
export type Arguments =
  | { readonly action: 'help' }
  | {
      readonly action: 'explore';
      readonly scenarios: readonly string[];
      readonly families: readonly string[];
      readonly seeds: { readonly first: number; readonly count: number };
      readonly jobs: number;
    }
  | { readonly action: 'repeat'; readonly scenario: string; readonly schedule: Schedule };

const familyNames = [...families.map(({ name }) => name), chance];

/** What `--help` says. */
export const usage = `Explores what can go wrong with the operator, in a simulated cluster with a simulated CA, on virtual time.

Usage: npm run sim [-- OPTIONS]

  --scenarios LIST   only these, separated by commas
  --families LIST    only these, separated by commas
  --seeds N          so many schedules by chance for each scenario            (default 100)
  --first-seed N     the seed of the first of them                            (default 1)
  --jobs N           so many at once                                          (default: one for each processor)
  --repeat JSON      one schedule, as a failure prints it, told call by call
  --help

Scenarios:
${listOf(Object.entries(scenarios).map(([name, { what }]) => [name, what]))}

Families:
${listOf([...families.map(({ name, what }) => [name, what] as const), [chance, 'one to four of these at once, with other latencies']])}

Each run is held against invariants at every revision and against the end state of the undisturbed run, and has to be
quiet for 70 minutes (half an hour where more than one thing goes wrong) and after a restart. It exits with 1 where one
breaks that, and prints the shortest schedule that shows it.
`;

function listOf(entries: readonly (readonly [name: string, what: string])[]): string {
  return entries.map(([name, what]) => `  ${name.padEnd(24)} ${what}`).join('\n');
}

/**
 * Reads the command line.
 *
 * @throws Error with a sentence that says what is wrong with it.
 */
export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      scenarios: { type: 'string' },
      families: { type: 'string' },
      seeds: { type: 'string', default: '100' },
      'first-seed': { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      repeat: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { action: 'help' };
  if (values.repeat !== undefined) return repeated(values.repeat);
  return {
    action: 'explore',
    scenarios: chosen('--scenarios', values.scenarios, Object.keys(scenarios)),
    families: chosen('--families', values.families, familyNames),
    seeds: { first: count('--first-seed', values['first-seed'], 0), count: count('--seeds', values.seeds, 0) },
    jobs: count('--jobs', values.jobs, 1),
  };
}

function chosen(option: string, list: string | undefined, all: readonly string[]): readonly string[] {
  if (list === undefined) return all;
  const wanted = list.split(',').map((word) => word.trim());
  const unknown = wanted.filter((word) => !all.includes(word));
  if (unknown.length > 0) throw new Error(`${option} ${unknown.join(',')}: there are ${all.join(', ')}`);
  return wanted;
}

function count(option: string, text: string, least: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least)
    throw new Error(`${option} ${text}: give a whole number from ${least} on`);
  return number;
}

function repeated(text: string): Arguments {
  const { scenario, ...schedule } = JSON.parse(text) as { scenario: string } & Schedule;
  chosen('--repeat', scenario, Object.keys(scenarios));
  return { action: 'repeat', scenario, schedule };
}
