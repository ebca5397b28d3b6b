import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../kit/free-port.ts';

interface OperatorOptions {
  /** The bundled program. */
  readonly program: string;
  readonly namespace: string;
  readonly kubeconfig: string;
}

/** A line of the operator's log. */
interface LogLine {
  readonly level?: string;
  readonly message?: string;
}

const keptLines = 200;

/**
 * The operator as a process of its own. It works without a Lease: it and the one that follows it are never there at once, and
 * to wait for the Lease of a dead one would take 15 s.
 */
export class OperatorProcess {
  /** Its log, the last lines of it. */
  readonly log: string[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#closed = once(child, 'close');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.log.push(...text.split('\n').filter((line) => line !== ''));
        this.log.splice(0, this.log.length - keptLines);
      });
    }
  }

  static async start({ program, namespace, kubeconfig }: OperatorOptions): Promise<OperatorProcess> {
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
    return new OperatorProcess(child);
  }

  /** Lines of the level error: nothing that a test does calls for one. */
  get errors(): readonly string[] {
    return this.log.filter((line) => levelOf(line) === 'error');
  }

  /** SIGKILL; resolves when it is dead. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

function levelOf(line: string): string | undefined {
  try {
    return (JSON.parse(line) as LogLine).level;
  } catch {
    return 'error'; // what is no line of the log is a crash of Node's own
  }
}
