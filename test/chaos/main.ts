/**
 * `npm run chaos`: crashes of the operator on the real control plane. Outside of a cluster it starts one, and itself inside;
 * there it sweeps.
 */
import { installCrds } from '../integration/api/kubectl.ts';
import { isInsideCluster, runInOwnCluster } from '../kit/own-cluster.ts';
import { type Arguments, describePlan, readArguments, usage } from './arguments.ts';
import { sweep, type Verdict } from './sweep/sweep.ts';

const progressMs = 10_000;
const toldLogLines = 15;

/** Sweeps, and says what it found; resolves with the number of violated runs. */
async function report({ scenarios, plans, lanes }: Arguments): Promise<number> {
  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(0);
  const asked = plans?.map(describePlan);
  const count = { crashes: 0, missed: 0, violated: 0, left: 0 };
  const tick = setInterval(() => {
    console.error(
      `[${seconds().padStart(4)} s] ${count.crashes} crashes, ${count.left} to follow, ${count.violated} violated`,
    );
  }, progressMs);
  const onVerdict = (verdict: Verdict, left: number): void => {
    count.left = left;
    if (verdict.plan === undefined)
      console.log(`${verdict.scenario}, undisturbed: ${verdict.outcome.points.join(', ')}`);
    else if (verdict.outcome.crashed) count.crashes += 1;
    else count.missed += 1;
    if (verdict.violations.length === 0) return;
    count.violated += 1;
    console.log(violated(verdict));
  };
  const wanted = (plan: Parameters<typeof describePlan>[0]): boolean => asked?.includes(describePlan(plan)) ?? true;
  try {
    await sweep({ scenarios, lanes, onVerdict, wanted });
  } finally {
    clearInterval(tick);
  }
  console.log(
    `${count.crashes} crashes in ${scenarios.length} scenarios in ${seconds()} s, ${count.violated} violated; ${count.missed} plans whose call did not come`,
  );
  if (asked !== undefined && count.crashes + count.missed === 0)
    throw new Error('no plan names a call of its scenario');
  return count.violated;
}

function violated({ plan, scenario, violations, outcome }: Verdict): string {
  const how = plan === undefined ? `--scenarios ${scenario}` : `--plan '${describePlan(plan)}'`;
  return [
    `VIOLATED ${plan === undefined ? `${scenario}, undisturbed` : describePlan(plan)}`,
    ...violations.map((violation) => `  ${violation}`),
    `  calls: ${outcome.points.join(', ')}`,
    ...outcome.log.slice(-toldLogLines).map((line) => `  | ${line}`),
    `  again: npm run chaos -- ${how}`,
  ].join('\n');
}

async function main(argv: readonly string[]): Promise<number> {
  const asked = readArguments(argv);
  if (asked.action === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const options = ['--control-plane', '--with', 'pebble,traefik', '--name', 'chaos'];
  if (!isInsideCluster()) return runInOwnCluster(options, import.meta.filename, argv);
  installCrds();
  return (await report(asked)) === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`chaos: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
