/** `npm run sim`: explores crashes, faults, stale caches and second leaders in the simulated world. */
import { readArguments, usage } from './arguments.ts';
import { type Failure, type Task, tryOut } from './explorer/explore.ts';
import { describeDisturbance, type Schedule } from './explorer/schedule.ts';
import { work } from './explorer/workers.ts';

const progressMs = 10_000;
const mostFailuresTold = 10;
/** Tasks are cut so small that no worker is left alone with the last one. */
const parts = 8;

type Exploration = Extract<ReturnType<typeof readArguments>, { action: 'explore' }>;

async function exploreAll({ scenarios, families, seeds, jobs }: Exploration): Promise<boolean> {
  const tasks = families.flatMap((family) =>
    scenarios.flatMap((scenario) =>
      Array.from({ length: parts }, (_, part): Task => ({ scenario, family, part, of: parts, seeds })),
    ),
  );
  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(0);
  const runs = new Map<string, number>();
  let done = 0;
  const failures: Failure[] = [];
  const total = (): number => [...runs.values()].reduce((sum, one) => sum + one, 0);
  const ticking = setInterval(() => {
    const share = Math.floor((done / tasks.length) * 100);
    console.error(
      `[${seconds().padStart(4)} s] ${total()} schedules, about ${share} % of all, ${failures.length} with violations`,
    );
  }, progressMs);
  try {
    await work(tasks, jobs, {
      onRun: (failure, { family }) => {
        runs.set(family, (runs.get(family) ?? 0) + 1);
        if (failure === undefined) return;
        failures.push(failure);
        if (failures.length <= mostFailuresTold) console.log(told(failure));
      },
      onDone: () => {
        done += 1;
      },
    });
  } finally {
    clearInterval(ticking);
  }
  for (const [family, count] of runs) console.log(`${family.padEnd(8)} ${count}`);
  console.log(
    `${total()} schedules of ${scenarios.length} scenarios in ${seconds()} s: ${failures.length} with violations`,
  );
  return failures.length === 0;
}

function told({ scenario, schedule, violations, calls }: Failure): string {
  return [
    `${scenario}: ${schedule.disturbances.map((one) => describeDisturbance(one, calls)).join(', then ')}`,
    ...violations.map((one) => `  ${one}`),
    `  npm run sim -- --repeat '${JSON.stringify({ scenario, ...schedule })}'`,
    '',
  ].join('\n');
}

async function repeat(scenario: string, schedule: Schedule): Promise<boolean> {
  const failure = await tryOut(scenario, schedule, (line) => console.log(line));
  console.log(failure === undefined ? 'no violations' : told(failure));
  return failure === undefined;
}

async function main(argv: readonly string[]): Promise<boolean> {
  const asked = readArguments(argv);
  switch (asked.action) {
    case 'help':
      process.stdout.write(usage);
      return true;
    case 'repeat':
      return repeat(asked.scenario, asked.schedule);
    case 'explore':
      return exploreAll(asked);
  }
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  console.error(`sim: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
