/** Helm, for the files that are made by rendering the chart: the one that the embedded cluster has, so every machine renders the same. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { progressOn } from '../../test/kit/cluster/progress.ts';
import { fetchTools } from '../../test/kit/cluster/tools.ts';

/** Runs Helm and gives what it printed. Fetches it first where this machine has not got it yet. Throws with Helm's message. */
export async function runHelm(args: readonly string[]): Promise<string> {
  const folder = await fetchTools(progressOn(process.stderr));
  const { stdout } = await promisify(execFile)(join(folder, 'helm'), args, { maxBuffer: 1 << 26 });
  return stdout;
}
