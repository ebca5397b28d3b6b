import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { askControl, type Status } from './control.ts';
import { environmentOf } from './environment.ts';
import type { Order, Report, State } from './messages.ts';
import { enterCommand } from './namespaces.ts';
import { childrenOf, eventually, isAlive, signalProcess } from './processes.ts';
import type { Progress } from './progress.ts';
import { runningClusters, sweep } from './registry.ts';
import { type ClusterSpec, layoutOf } from './spec.ts';

const downLimitMs = 60_000;

export interface CommandOptions {
  /** Default: those of this process. */
  readonly stdio?: StdioOptions;
  /** Added to the cluster's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: that of this process. */
  readonly folder?: string;
}

/** A command that runs inside a cluster. */
export interface RunningCommand {
  readonly child: ChildProcess;
  /** Its exit code; 128 and the signal's number when a signal ended it. */
  readonly exitCode: Promise<number>;
  /** Sends a signal to the command itself. */
  kill(signal: NodeJS.Signals): void;
}

/** A cluster that runs. */
export class Cluster {
  readonly state: State;

  constructor(state: State) {
    this.state = state;
  }

  get name(): string {
    return this.state.spec.name;
  }

  /** What a command inside finds in its environment: KUBECONFIG, ACME_DIRECTORY and the others. */
  get environment(): Readonly<Record<string, string>> {
    return environmentOf(this.state.spec);
  }

  /** Starts a command in the cluster's namespaces. Whatever it leaves running ends with the cluster. */
  run(command: readonly string[], options: CommandOptions = {}): RunningCommand {
    const { stdio = 'inherit', folder = process.cwd() } = options;
    const [program, ...args] = enterCommand(this.state.holder, folder, command);
    const child = spawn(program, args, { stdio, env: { ...process.env, ...this.environment, ...options.env } });
    const exitCode = new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
    const kill = (signal: NodeJS.Signals): void => {
      for (const pid of child.pid === undefined ? [] : childrenOf(child.pid)) signalProcess(pid, signal);
    };
    return { child, exitCode, kill };
  }

  /** The health of every component, asked now. */
  async status(): Promise<Status> {
    const body = await askControl(this.name, 'GET', '/');
    return JSON.parse(body) as Status;
  }
}

/** A cluster that ends with this process, unless it is kept. */
export class OwnedCluster extends Cluster implements AsyncDisposable {
  readonly #supervisor: ChildProcess;

  constructor(state: State, supervisor: ChildProcess) {
    super(state);
    this.#supervisor = supervisor;
  }

  /** Leaves it running when this process ends. */
  keep(): void {
    this.#supervisor.send({ kind: 'keep' } satisfies Order, () => {
      this.#supervisor.disconnect();
      this.#supervisor.unref();
    });
  }

  /** Takes it down. Throws when something of it is left. */
  async stop({ keepLogs = false } = {}): Promise<void> {
    await stopSupervisor(this.#supervisor, keepLogs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Starts a cluster and resolves when it serves.
 *
 * @throws Error that says which component failed, with the end of its log; everything is taken down by then. Also when
 *   `signal` is aborted.
 */
export async function startCluster(spec: ClusterSpec, progress: Progress, signal?: AbortSignal): Promise<OwnedCluster> {
  return progress.step(`starting the cluster ${spec.name}`, async (update) => {
    const supervisor = spawnSupervisor(spec.name);
    supervisor.on('message', (message: Report) => {
      if (message.kind === 'note') progress.note(message.sentence);
      if (message.kind === 'detail') update(message.sentence);
    });
    try {
      await untilReady(supervisor, spec, signal);
    } catch (error) {
      await stopSupervisor(supervisor, false).catch(() => undefined);
      throw error;
    }
    const cluster = findCluster(spec.name);
    if (cluster === undefined) throw new Error(`the cluster ${spec.name} ended right after it had started`);
    return new OwnedCluster(cluster.state, supervisor);
  });
}

/** The cluster of that name, if it runs. */
export function findCluster(name: string): Cluster | undefined {
  const { state } = layoutOf(name);
  const runs = runningClusters().some((cluster) => cluster.name === name) && existsSync(state);
  return runs ? new Cluster(JSON.parse(readFileSync(state, 'utf8')) as State) : undefined;
}

/** Takes a cluster down that some other process started. Resolves with whether it ran. */
export async function stopCluster(name: string): Promise<boolean> {
  const entry = runningClusters().find((cluster) => cluster.name === name);
  if (entry === undefined) return false;
  process.kill(entry.supervisor.pid, 'SIGTERM');
  if (!(await eventually(() => !isAlive(entry.supervisor), { timeoutMs: downLimitMs, intervalMs: 50 }))) {
    throw new Error(`the supervisor of ${name} (process ${entry.supervisor.pid}) did not end within 60 s`);
  }
  if (runningClusters().some((cluster) => cluster.name === name)) throw new Error(`the cluster ${name} still runs`);
  return true;
}

function spawnSupervisor(name: string): ChildProcess {
  const logs = join(cacheFolder, 'logs');
  mkdirSync(logs, { recursive: true });
  const log = openSync(join(logs, `${name}-supervisor.log`), 'w', 0o600);
  // In a session of its own: the terminal's signals are for the command, and the cluster goes down after it.
  const supervisor = spawn(process.execPath, [join(import.meta.dirname, 'supervisor.ts')], {
    detached: true,
    cwd: '/',
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  return supervisor;
}

async function untilReady(supervisor: ChildProcess, spec: ClusterSpec, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
    supervisor.on('error', reject);
    supervisor.on('exit', (code, exitSignal) => {
      reject(new Error(`the supervisor of the cluster ended (${exitSignal ?? `exit code ${code}`})`));
    });
    supervisor.on('message', (message: Report) => {
      if (message.kind === 'ready') resolve();
      if (message.kind === 'failed') reject(new Error(message.sentence));
    });
    supervisor.send({ kind: 'start', spec } satisfies Order);
  });
}

async function stopSupervisor(supervisor: ChildProcess, keepLogs: boolean): Promise<void> {
  if (supervisor.exitCode !== null || supervisor.signalCode !== null) return;
  let failure: string | undefined;
  supervisor.on('message', (message: Report) => {
    if (message.kind === 'failed') failure = message.sentence;
  });
  const ended = new Promise<number | null>((resolve) => {
    supervisor.once('exit', resolve);
  });
  if (supervisor.connected) supervisor.send({ kind: 'stop', keepLogs } satisfies Order);
  const timer = setTimeout(() => supervisor.kill('SIGKILL'), downLimitMs);
  await ended;
  clearTimeout(timer);
  await sweep(); // there is something only if the supervisor had to be killed
  if (failure !== undefined) throw new Error(failure);
}
