/**
 * Owns one cluster: opens its namespaces, has its programs started inside, and takes everything down again, be it on
 * an order, on a signal, or because the process that started it is gone and did not say `keep`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { makeCgroup } from './cgroups.ts';
import type { Order, Report, State } from './messages.ts';
import { enterCommand, type Namespaces, openNamespaces } from './namespaces.ts';
import { identify } from './processes.ts';
import { enter, leave } from './registry.ts';
import { type ClusterSpec, layoutOf } from './spec.ts';

const startLimitMs = 300_000;

class Supervisor {
  readonly #spec: ClusterSpec;
  #kept = false;
  #entered = false;
  #namespaces: Namespaces | undefined;
  #ending: Promise<void> | undefined;

  constructor(spec: ClusterSpec) {
    this.#spec = spec;
  }

  async start(): Promise<void> {
    const supervisor = identify(process.pid);
    if (supervisor === undefined) throw new Error('this process cannot be found in /proc');
    await enter({ name: this.#spec.name, supervisor });
    this.#entered = true;
    const layout = layoutOf(this.#spec.name);
    if (this.#spec.parts.node) await makeCgroup(layout.cgroup);
    this.#namespaces = await openNamespaces(join(this.#spec.programs.pause, 'pause'));
    const holder = this.#namespaces.holder.pid;
    const startMs = await this.#startInside(holder);
    const state: State = { spec: this.#spec, holder, startedAt: new Date().toISOString(), startMs };
    await writeFile(layout.state, JSON.stringify(state));
    report({ kind: 'ready', holder, startMs });
  }

  keep(): void {
    this.#kept = true;
  }

  /** The one who started us is gone. */
  async abandoned(): Promise<void> {
    if (!this.#kept) await this.end(0);
  }

  /** Takes everything down, once, and ends this process. */
  async end(exitCode: number): Promise<void> {
    this.#ending ??= this.#takeDown(exitCode);
    await this.#ending;
  }

  async #takeDown(exitCode: number): Promise<void> {
    try {
      await this.#namespaces?.end();
      if (this.#entered) await leave(this.#spec.name);
      process.exit(exitCode);
    } catch (error) {
      report({ kind: 'failed', sentence: `the cluster was not taken down cleanly: ${sentenceOf(error)}` });
      process.exit(1);
    }
  }

  async #startInside(holder: number): Promise<number> {
    const [program, ...args] = enterCommand(holder, '/', [process.execPath, join(import.meta.dirname, 'inside.ts')]);
    const inside = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    return new Promise<number>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`it was not ready after ${startLimitMs / 1000} s`)),
        startLimitMs,
      );
      inside.on('error', reject);
      inside.on('exit', (code, signal) => reject(new Error(`its starter ended (${signal ?? `exit code ${code}`})`)));
      inside.on('message', (message: Report) => {
        if (message.kind === 'progress') report(message);
        else clearTimeout(timer);
        if (message.kind === 'ready') resolve(message.startMs);
        if (message.kind === 'failed') reject(new Error(message.sentence));
      });
      order(inside, { kind: 'start', spec: this.#spec });
    });
  }

  /** A cluster that did not start leaves its logs, for whoever asks why. */
  async keepLogs(): Promise<string | undefined> {
    if (!this.#entered) return undefined;
    const logs = join(cacheFolder, 'logs', this.#spec.name);
    await rm(logs, { recursive: true, force: true });
    await cp(layoutOf(this.#spec.name).logs, logs, { recursive: true });
    return logs;
  }
}

function report(message: Report): void {
  if (process.connected) process.send?.(message);
  if (message.kind !== 'ready') console.error(message.sentence);
}

function order(child: ChildProcess, message: Order): void {
  child.send(message);
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

let supervisor: Supervisor | undefined;

process.on('message', (message: Order) => {
  if (message.kind === 'keep') supervisor?.keep();
  if (message.kind === 'stop') void end();
  if (message.kind !== 'start') return;
  const started = new Supervisor(message.spec);
  supervisor = started;
  started.start().catch(async (error: unknown) => {
    const logs = await started.keepLogs().catch(() => undefined);
    const where = logs === undefined ? '' : `\nAll its logs: ${logs}`;
    report({ kind: 'failed', sentence: `${sentenceOf(error)}${where}` });
    await started.end(1);
  });
});
process.on('disconnect', () => void (supervisor === undefined ? process.exit(0) : supervisor.abandoned()));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());

async function end(): Promise<void> {
  if (supervisor === undefined) process.exit(0);
  await supervisor.end(0);
}
