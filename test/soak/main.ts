/** The soak: `npm run soak -- --minutes 30`. Outside of a cluster it starts one, and itself inside; there it soaks. */
import { randomInt } from 'node:crypto';
import { isInsideCluster, runInOwnCluster } from '../kit/own-cluster.ts';
import { type Arguments, readArguments, usage } from './arguments.ts';
import { summaryOf } from './report.ts';
import { soak } from './soak.ts';

const roundMs = 25_000;

async function main(argv: readonly string[]): Promise<number> {
  const asked: Arguments = readArguments(argv, () => randomInt(1e9));
  if (asked.action === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  if (!isInsideCluster()) return runInOwnCluster(['--control-plane', '--name', 'soak'], import.meta.filename, argv);
  const { minutes, seed } = asked;
  const say = (line: string): void => console.log(`soak: ${line}`);
  say(`${minutes} minutes, seed ${seed}`);
  const report = await soak({ durationMs: minutes * 60_000, roundMs, seed, onProgress: say });
  console.log(summaryOf(report));
  return report.violations.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`soak: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
