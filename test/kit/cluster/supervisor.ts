/**
 * Owns one cluster: opens its namespaces, has its programs started inside, and takes everything down again, be it on
 * an order, on a signal, or because the process that started it is gone and did not say `keep`.
 */
import { spawn } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCgroup } from './cgroups.ts';
import type { Order, Report, State } from './messages.ts';
import { enterCommand, type Namespaces, openNamespaces } from './namespaces.ts';
import { identify } from './processes.ts';
import { enter, leave } from './registry.ts';
import { type ClusterSpec, keptLogsOf, layoutOf } from './spec.ts';

const startLimitMs = 300_000;

class Supervisor {
  readonly #spec: ClusterSpec;
  /** Until namespaces are open or refused: what is half open cannot be taken down. */
  readonly #opening: Promise<Namespaces>;
  #isEntered = false;
  #isKept = false;
  #ending: Promise<void> | undefined;

  constructor(spec: ClusterSpec) {
    this.#spec = spec;
    this.#opening = this.#open();
  }

  /** Resolves when the cluster serves. */
  async started(): Promise<void> {
    const { holder } = await this.#opening;
    const startMs = await this.#startInside(holder.pid);
    const state: State = { spec: this.#spec, holder: holder.pid, startedAt: new Date().toISOString(), startMs };
    await writeFile(layoutOf(this.#spec.name).state, JSON.stringify(state));
    report({ kind: 'ready' });
  }

  keep(): void {
    this.#isKept = true;
  }

  /** The one who started us is gone. */
  async abandoned(): Promise<void> {
    if (!this.#isKept) await this.end({ exitCode: 0, keepLogs: false });
  }

  /** Takes everything down, once, and ends this process. */
  async end(options: { readonly exitCode: number; readonly keepLogs: boolean }): Promise<void> {
    this.#ending ??= this.#takeDown(options);
    await this.#ending;
  }

  async #open(): Promise<Namespaces> {
    const { name, parts, programs } = this.#spec;
    const supervisor = identify(process.pid);
    if (supervisor === undefined) throw new Error('this process cannot be found in /proc');
    await enter({ name, supervisor });
    this.#isEntered = true;
    if (parts.node) await makeCgroup(layoutOf(name).cgroup);
    return openNamespaces(join(programs.pause, 'pause'));
  }

  async #startInside(holder: number): Promise<number> {
    const begun = performance.now();
    const [program, ...args] = enterCommand(holder, '/', [process.execPath, join(import.meta.dirname, 'inside.ts')]);
    const inside = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await new Promise<void>((resolve, reject) => {
      const late = (): void => reject(new Error(`the cluster was not ready after ${startLimitMs / 1000} s`));
      const timer = setTimeout(late, startLimitMs);
      inside.on('error', reject);
      inside.on('exit', (code, signal) => {
        const sentence = `the process that watches over the components ended (${signal ?? `exit code ${code}`})`;
        reject(new Error(sentence));
        if (this.#ending === undefined) report({ kind: 'note', sentence });
      });
      inside.on('message', (message: Report) => {
        if (message.kind === 'note' || message.kind === 'detail') report(message);
        else clearTimeout(timer);
        if (message.kind === 'ready') resolve();
        if (message.kind === 'failed') reject(new Error(message.sentence));
      });
      inside.send({ kind: 'start', spec: this.#spec } satisfies Order);
    });
    return performance.now() - begun;
  }

  async #takeDown({ exitCode, keepLogs }: { readonly exitCode: number; readonly keepLogs: boolean }): Promise<void> {
    try {
      const namespaces = await this.#opening.catch(() => undefined);
      await namespaces?.end();
      if (keepLogs && this.#isEntered) await this.#saveLogs();
      if (this.#isEntered) await leave(this.#spec.name);
      process.exit(exitCode);
    } catch (error) {
      report({ kind: 'failed', sentence: `the cluster was not taken down cleanly: ${sentenceOf(error)}` });
      process.exit(1);
    }
  }

  async #saveLogs(): Promise<void> {
    const logs = keptLogsOf(this.#spec.name);
    await rm(logs, { recursive: true, force: true });
    await cp(layoutOf(this.#spec.name).logs, logs, { recursive: true });
    report({ kind: 'note', sentence: `the logs of the cluster are kept in ${logs}` });
  }
}

function report(message: Report): void {
  if (process.connected) process.send?.(message);
  if (message.kind !== 'ready') console.error(message.sentence);
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

let supervisor: Supervisor | undefined;

process.on('message', (message: Order) => {
  if (message.kind === 'keep') supervisor?.keep();
  if (message.kind === 'stop') void end(message);
  if (message.kind !== 'start') return;
  const starting = new Supervisor(message.spec);
  supervisor = starting;
  starting.started().catch(async (error: unknown) => {
    report({ kind: 'failed', sentence: sentenceOf(error) });
    await starting.end({ exitCode: 1, keepLogs: true });
  });
});
process.on('disconnect', () => void (supervisor === undefined ? process.exit(0) : supervisor.abandoned()));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end({ keepLogs: false }));

async function end({ keepLogs }: { readonly keepLogs: boolean }): Promise<void> {
  if (supervisor === undefined) process.exit(0);
  await supervisor.end({ exitCode: 0, keepLogs });
}
