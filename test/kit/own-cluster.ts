import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..', '..');
const kit = join(root, 'test/kit/cluster/main.ts');

/** Whether this runs inside of a cluster of the kit. */
export function isInsideCluster(): boolean {
  return process.env['EVERCERT_CLUSTER'] !== undefined;
}

/**
 * Runs a program of this repository inside a cluster that is made for it, and gives its exit code.
 *
 * @param cluster what the kit's `run` is given: `--name`, and what it is made of.
 */
export function runInOwnCluster(cluster: readonly string[], program: string, argv: readonly string[]): Promise<number> {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning'];
  const [command = '', ...args] = [...node, kit, 'run', ...cluster, '--', ...node, program, ...argv];
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    child.on('error', () => done(1));
    child.on('exit', (code) => done(code ?? 130));
  });
}
