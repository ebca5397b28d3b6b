import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';

/** To the probe in a subject's process. */
export interface Question {
  /** `restart`: forget the longest stalls. */
  readonly ask: 'usage' | 'restart';
}

/** From the probe. */
export interface Answer {
  readonly kind: 'usage';
  /** Processor time since the start, all threads. */
  readonly cpuMs: number;
  /** The longest since the last restart. */
  readonly stallMs: number;
  readonly stallCpuMs: number;
}

/** How a process is started. */
export interface ProcessOptions {
  /** What Node is to run, and its arguments. */
  readonly command: readonly string[];
  /** Path of the file that its output goes to. */
  readonly log: string;
  /** Path of the bundled probe. */
  readonly probe: string;
  readonly nodeOptions?: string;
}

/** A process that is measured: Node with the probe in it. */
export class MeasuredProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly startedMs = performance.now();

  constructor({ command, log, probe, nodeOptions = '' }: ProcessOptions) {
    this.#log = log;
    const output = openSync(log, 'w');
    this.#child = spawn(process.execPath, ['--import', probe, ...command], {
      stdio: ['ignore', output, output, 'ipc'],
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: nodeOptions },
    });
  }

  /** Told of each message that is not the probe's. */
  onMessage(listener: (message: unknown) => void): void {
    this.#child.on('message', listener);
  }

  /** Counts the longest stalls anew; nothing where it has ended. */
  forgetStalls(): void {
    if (this.#child.connected) this.#child.send({ ask: 'restart' } satisfies Question);
  }

  async usage(): Promise<Answer> {
    const answer = new Promise<Answer>((resolve) => {
      const take = (message: unknown): void => {
        if (!isAnswer(message)) return;
        this.#child.off('message', take);
        resolve(message);
      };
      this.#child.on('message', take);
    });
    this.assertRuns();
    this.#child.send({ ask: 'usage' } satisfies Question);
    return answer;
  }

  /** What it holds of the machine's memory, and what it held at most, in MiB. */
  memory(): { readonly rssMiB: number; readonly peakMiB: number } {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const mib = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
    return { rssMiB: mib('VmRSS'), peakMiB: mib('VmHWM') };
  }

  /** Throws when it has ended by itself. */
  assertRuns(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return;
    const how = this.#child.signalCode ?? `exit code ${this.#child.exitCode}`;
    throw new Error(`a subject ended by itself (${how}): ${readFileSync(this.#log, 'utf8').slice(-2_000)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

function isAnswer(message: unknown): message is Answer {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'usage';
}
