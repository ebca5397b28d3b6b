import { spawn } from 'node:child_process';

export interface Execution {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
  /** Default two minutes. */
  readonly timeoutMs?: number;
  /** Gets each whole line of standard error. */
  readonly onErrorLine?: (line: string) => void;
}

/**
 * Runs a program to its end and resolves with its standard output.
 *
 * @throws Error, with the last lines of standard error, when it cannot be started, fails or takes too long.
 */
export async function execute(program: string, args: readonly string[], options: Execution = {}): Promise<string> {
  const { timeoutMs = 120_000, onErrorLine } = options;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    stdio: 'pipe',
  });
  const output: Buffer[] = [];
  const errors: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  readLines(child.stderr, (line) => {
    errors.push(line);
    if (errors.length > 20) errors.shift();
    onErrorLine?.(line);
  });
  child.stdin.on('error', () => undefined); // a program may end before it has read everything
  child.stdin.end(options.input ?? '');
  const started = performance.now();
  const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
    (resolve, reject) => {
      child.on('error', (cause) => reject(new Error(`${program} could not be started: ${cause.message}`, { cause })));
      child.on('close', (exitCode, exitSignal) => resolve({ code: exitCode, signal: exitSignal }));
    },
  );
  if (code === 0) return Buffer.concat(output).toString();
  const tooLong = signal === 'SIGKILL' && performance.now() - started >= timeoutMs;
  const how = tooLong ? `took longer than ${timeoutMs / 1000} s` : `failed (${signal ?? `exit code ${code}`})`;
  throw new Error([`${[program, ...args].join(' ')} ${how}`, ...errors].join('\n'));
}

function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
