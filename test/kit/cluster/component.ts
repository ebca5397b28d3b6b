import { type ChildProcess, spawn } from 'node:child_process';
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
  /** From its start to its first readiness. */
  readonly readyMs: number | undefined;
}

interface ComponentListeners {
  readonly onReady: (component: Component) => void;
  /** A component ended by itself after it was ready; the sentence has the end of its log. */
  readonly onEnd: (sentence: string) => void;
}

interface Started {
  readonly component: Component;
  readonly child: ChildProcess;
  readyMs: number | undefined;
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
    const [program, ...args] = component.command;
    const begun = performance.now();
    const log = openSync(this.#logOf(component), 'a', 0o600);
    const child = spawn(program, args, { env: { ...process.env, ...component.env }, stdio: ['ignore', log, log] });
    closeSync(log);
    const started: Started = { component, child, readyMs: undefined };
    this.#started.push(started);
    let ended: string | undefined;
    child.on('error', ({ message }) => {
      ended = message;
    });
    child.on('exit', (code, signal) => {
      ended = `it ended (${signal ?? `exit code ${code}`})`;
      if (started.readyMs !== undefined) this.#listeners.onEnd(this.#sentence(component, ended));
    });
    const settled = async (): Promise<boolean> => ended !== undefined || (await component.isReady());
    const inTime = await eventually(settled, { timeoutMs: readyLimitMs });
    if (ended !== undefined) throw new Error(this.#sentence(component, ended));
    if (!inTime) throw new Error(this.#sentence(component, `it was not ready after ${readyLimitMs / 1000} s`));
    started.readyMs = performance.now() - begun;
    this.#listeners.onReady(component);
  }

  async statuses(): Promise<readonly ComponentStatus[]> {
    return Promise.all(
      this.#started.map(async ({ component: { name, version, isReady }, child, readyMs }) => {
        const ended = child.exitCode !== null || child.signalCode !== null;
        const health = ended ? 'ended' : (await isReady()) ? 'ready' : 'not ready';
        return { name, version, health, bytes: residentBytes(child.pid ?? 0), readyMs } as const;
      }),
    );
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
