import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort } from '../../kit/free-port.ts';

interface OperatorOptions {
  /** Told of each line of its log. */
  readonly onLine: (line: string) => void;
  /** The bundled program. */
  readonly program: string;
  readonly namespace: string;
  readonly kubeconfig: string;
}

/**
 * The operator as a process of its own. It works without a Lease: it and the one that follows it are never there at once, and
 * to wait for the Lease of a dead one would take 15 s.
 */
export class OperatorProcess {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#closed = once(child, 'close');
  }

  static async start({ program, namespace, kubeconfig, onLine }: OperatorOptions): Promise<OperatorProcess> {
    const flags = [
      `--namespace=${namespace}`,
      '--identity=chaos',
      `--kubeconfig=${kubeconfig}`,
      `--telemetry-port=${await freePort()}`,
      '--no-leader-election',
    ];
    const child = spawn(process.execPath, ['--enable-source-maps', program, 'operator', ...flags], {
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [child.stdout, child.stderr]) createInterface(output).on('line', onLine);
    return new OperatorProcess(child);
  }

  /** SIGKILL; resolves when it is dead. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

/** Whether a line of the log is of the level error: nothing that a trial does calls for one. */
export function isError(line: string): boolean {
  try {
    return (JSON.parse(line) as { readonly level?: string }).level === 'error';
  } catch {
    return true; // what is no line of the log comes from Node itself, which ends
  }
}
