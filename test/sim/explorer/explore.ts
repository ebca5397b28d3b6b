import { families, plainSeed, scheduleByChance } from './families.ts';
import { violationsOf } from './judge.ts';
import { type Scenario, scenarios } from './scenarios/index.ts';
import type { Schedule } from './schedule.ts';
import { type Outcome, run } from './trial.ts';

/** The name of the family of schedules that are made by chance. */
export const chance = 'chance';

/** A part of an exploration that one worker does. */
export interface Task {
  /** Keys of `scenarios`. */
  readonly scenario: string;
  /** The name of a family, or {@link chance}. */
  readonly family: string;
  /** Of so many equal parts this one. */
  readonly part: number;
  readonly of: number;
  /** How many schedules there are by chance, and the first seed. */
  readonly seeds: { readonly first: number; readonly count: number };
}

/** A run that broke something. */
export interface Failure {
  readonly scenario: string;
  readonly schedule: Schedule;
  readonly violations: readonly string[];
  /** The names of its calls. */
  readonly calls: readonly string[];
}

/** Runs every schedule of a task and tells how each went; those that broke something are cut down to what it takes. */
export async function explore(task: Task, onRun: (failure: Failure | undefined) => void): Promise<void> {
  for await (const schedule of schedulesOf(task)) {
    const failure = await tryOut(task.scenario, schedule);
    onRun(failure === undefined ? undefined : await shortest(failure));
  }
}

/** Runs one schedule; undefined where nothing is wrong. `trace` is told what happens, line by line. */
export async function tryOut(
  name: string,
  schedule: Schedule,
  trace?: (line: string) => void,
): Promise<Failure | undefined> {
  const scenario = scenarioOf(name);
  const reference = await referenceOf(name, schedule.seed);
  const outcome = await run(scenario, schedule, trace === undefined ? {} : { trace });
  const violations = violationsOf(outcome, { reference, scenario, schedule });
  return violations.length === 0 ? undefined : { scenario: name, schedule, violations, calls: outcome.calls };
}

async function* schedulesOf({ scenario, family: name, part, of, seeds }: Task): AsyncGenerator<Schedule, void, void> {
  if (name === chance) {
    for (let seed = seeds.first + part; seed < seeds.first + seeds.count; seed += of) {
      yield scheduleByChance(seed, await referenceOf(scenario, seed));
    }
    return;
  }
  const family = families.find((one) => one.name === name);
  if (family === undefined) throw new Error(`there is no family ${name}`);
  let number = 0;
  for (const disturbances of family.schedules(await referenceOf(scenario, plainSeed))) {
    number += 1;
    if (number % of !== part) continue;
    const schedule = { seed: plainSeed, disturbances };
    if (family.andThen === undefined) {
      yield schedule;
      continue;
    }
    const first = await run(scenarioOf(scenario), schedule);
    for (const both of family.andThen(disturbances, first)) yield { seed: plainSeed, disturbances: both };
  }
}

/** Leaves out one disturbance after another, as long as what is left still breaks something. */
async function shortest(failure: Failure): Promise<Failure> {
  const { scenario, schedule } = failure;
  if (schedule.disturbances.length === 1) return failure;
  for (const left of schedule.disturbances.keys()) {
    const fewer = await tryOut(scenario, { ...schedule, disturbances: schedule.disturbances.toSpliced(left, 1) });
    if (fewer !== undefined) return shortest(fewer);
  }
  return failure;
}

const references = new Map<string, Outcome>();

/** The undisturbed run of a scenario. */
export async function referenceOf(name: string, seed: number): Promise<Outcome> {
  const id = `${name} ${seed}`;
  const known = references.get(id);
  if (known !== undefined) return known;
  if (references.size > 100) references.clear();
  const reference = await run(scenarioOf(name), { seed, disturbances: [] });
  references.set(id, reference);
  return reference;
}

function scenarioOf(name: string): Scenario {
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return scenario;
}
