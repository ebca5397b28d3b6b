import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, residentBytes } from './processes.ts';

/** A program of the cluster that runs until the cluster ends. */
export interface Component {
  readonly name: string;
  readonly version: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it serves. Asked until it says yes, and for the status later on. */
  readonly isReady: () => Promise<boolean>;
}

export interface ComponentStatus {
  readonly name: string;
  readonly version: string;
  readonly health: 'ready' | 'not ready' | 'ended';
  /** Resident memory. */
  readonly bytes: number;
  /** From its first start to its first readiness. */
  readonly readyMs: number | undefined;
}

interface ComponentListeners {
  readonly onReady: (component: Component) => void;
  /** A component ended by itself after it was ready; the sentence has the end of its log. */
  readonly onEnd: (sentence: string) => void;
}

interface Started {
  readonly component: Component;
  child: ChildProcess;
  readyMs: number | undefined;
  /** By our own order, so that its end is no news. */
  isKilled: boolean;
}

const readyLimitMs = 90_000;
const shownLines = 15;

/** The one place that starts programs: each with a log of its own, a readiness check and a deadline. */
export class Components {
  readonly #started: Started[] = [];
  readonly #logs: string;
  readonly #listeners: ComponentListeners;

  constructor(parts: { readonly logs: string } & ComponentListeners) {
    this.#logs = parts.logs;
    this.#listeners = parts;
  }

  /**
   * Resolves when the component is ready.
   *
   * @throws Error with the last lines of its log when it ends before, or is not ready in time.
   */
  async start(component: Component): Promise<void> {
    const begun = performance.now();
    const started: Started = { component, child: this.#spawn(component), readyMs: undefined, isKilled: false };
    this.#started.push(started);
    await this.#untilReady(started);
    started.readyMs = performance.now() - begun;
    this.#listeners.onReady(component);
  }

  /**
   * Kills a component as a crash would, and resolves when it is gone. It stays so until {@link revive}.
   *
   * @throws Error when there is none of that name.
   */
  async kill(name: string): Promise<void> {
    const started = this.#named(name);
    started.isKilled = true;
    if (hasEnded(started.child)) return;
    const gone = once(started.child, 'exit');
    started.child.kill('SIGKILL');
    await gone;
  }

  /** Starts a component that was killed once more, on what it left. Resolves when it is ready; throws as {@link start}. */
  async revive(name: string): Promise<void> {
    const started = this.#named(name);
    if (!hasEnded(started.child)) return;
    started.isKilled = false;
    started.child = this.#spawn(started.component);
    await this.#untilReady(started);
  }

  async statuses(): Promise<readonly ComponentStatus[]> {
    return Promise.all(
      this.#started.map(async ({ component: { name, version, isReady }, child, readyMs }) => {
        const health = hasEnded(child) ? 'ended' : (await isReady()) ? 'ready' : 'not ready';
        return { name, version, health, bytes: residentBytes(child.pid ?? 0), readyMs } as const;
      }),
    );
  }

  #named(name: string): Started {
    const started = this.#started.find(({ component }) => component.name === name);
    if (started === undefined) throw new Error(`the cluster has no component ${name}`);
    return started;
  }

  #spawn(component: Component): ChildProcess {
    const [program, ...args] = component.command;
    const log = openSync(this.#logOf(component), 'a', 0o600);
    const child = spawn(program, args, { env: { ...process.env, ...component.env }, stdio: ['ignore', log, log] });
    closeSync(log);
    return child;
  }

  async #untilReady(started: Started): Promise<void> {
    const { component, child } = started;
    let isReady = false;
    let ended: string | undefined;
    child.on('error', ({ message }) => {
      ended = message;
    });
    child.on('exit', (code, signal) => {
      ended = `it ended (${signal ?? `exit code ${code}`})`;
      if (isReady && !started.isKilled) this.#listeners.onEnd(this.#sentence(component, ended));
    });
    const settled = async (): Promise<boolean> => ended !== undefined || (await component.isReady());
    const inTime = await eventually(settled, { timeoutMs: readyLimitMs });
    if (ended !== undefined) throw new Error(this.#sentence(component, ended));
    if (!inTime) throw new Error(this.#sentence(component, `it was not ready after ${readyLimitMs / 1000} s`));
    isReady = true;
  }

  #logOf({ name }: Component): string {
    return join(this.#logs, `${name}.log`);
  }

  #sentence(component: Component, what: string): string {
    const lines = readFileSync(this.#logOf(component), 'utf8').trimEnd().split('\n').slice(-shownLines);
    return [`${component.name}: ${what}. The end of its log:`, ...lines.map((line) => `  ${line.slice(0, 400)}`)].join(
      '\n',
    );
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
