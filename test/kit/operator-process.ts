import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';

interface OperatorOptions {
  /** The bundled program. */
  readonly program: string;
  readonly namespace: string;
  readonly kubeconfig: string;
  readonly identity: string;
  /** Whether it waits for the Lease; otherwise it works at once, and has to be the only one. */
  readonly elected: boolean;
  /** Told of each line of its log. */
  readonly onLine: (line: string) => void;
}

/** The operator as a process of its own. */
export class OperatorProcess {
  readonly #child: ChildProcess;
  readonly #telemetryPort: number;
  readonly #closed: Promise<unknown>;

  private constructor(child: ChildProcess, telemetryPort: number) {
    this.#child = child;
    this.#telemetryPort = telemetryPort;
    this.#closed = once(child, 'close');
  }

  static async start(options: OperatorOptions): Promise<OperatorProcess> {
    const { program, namespace, kubeconfig, identity, elected, onLine } = options;
    const telemetryPort = await freePort();
    const flags = [
      `--namespace=${namespace}`,
      `--identity=${identity}`,
      `--kubeconfig=${kubeconfig}`,
      `--telemetry-port=${telemetryPort}`,
      ...(elected ? [] : ['--no-leader-election']),
    ];
    const child = spawn(process.execPath, ['--enable-source-maps', program, 'operator', ...flags], {
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [child.stdout, child.stderr]) createInterface(output).on('line', onLine);
    return new OperatorProcess(child, telemetryPort);
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Whether its caches show the world, as it says itself (`/readyz`). */
  async isReady(): Promise<boolean> {
    return new Promise((resolve) => {
      const asking = request({ port: this.#telemetryPort, path: '/readyz', agent: false, timeout: 2_000 }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      asking.on('error', () => resolve(false));
      asking.on('timeout', () => asking.destroy());
      asking.end();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGKILL, also to one that is stopped; resolves when it is dead. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

/** Whether a line of the log is of the level error. */
export function isError(line: string): boolean {
  try {
    return (JSON.parse(line) as { readonly level?: string }).level === 'error';
  } catch {
    return true; // what is no line of the log comes from Node itself, which ends
  }
}
