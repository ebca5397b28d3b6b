import { type ChildProcess, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { childrenOf, eventually, identify, isAlive, type ProcessIdentity, signalProcess } from './processes.ts';

/** Mount, network and PID namespaces that live as long as we do. */
export interface Namespaces {
  /** Process 1 of them, as this machine numbers it. */
  readonly holder: ProcessIdentity;
  /** Ends every process in them, and with the last one their mounts and network. */
  end(): Promise<void>;
}

/**
 * Opens private namespaces. Their process 1 is the pause program, which reaps orphans. When this process dies, however
 * it does, the kernel kills unshare (`--pdeathsig`), then process 1 (`--kill-child`), then all others.
 *
 * @throws Error when the kernel does not let us.
 */
export async function openNamespaces(pause: string): Promise<Namespaces> {
  const args = ['--pdeathsig', 'KILL', 'unshare', '-m', '-n', '-p', '--fork', '--kill-child', '--mount-proc', pause];
  const unshare = spawn('setpriv', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  let ended: string | undefined;
  unshare.on('error', ({ message }) => {
    ended = message;
  });
  unshare.on('exit', (code, signal) => {
    ended = `unshare ended (${signal ?? `exit code ${code}`})`;
  });
  let holder: ProcessIdentity | undefined;
  const isOpen = (): boolean => {
    holder = holderOf(unshare, pause);
    return holder !== undefined || ended !== undefined;
  };
  await eventually(isOpen, { timeoutMs: 10_000, intervalMs: 5 });
  const found = holder;
  if (found === undefined) {
    unshare.kill('SIGKILL'); // it ignores every other signal while its child runs
    throw new Error(`private namespaces could not be opened: ${ended ?? 'unshare took longer than 10 s'}`);
  }
  return { holder: found, end: () => endNamespaces(found) };
}

function holderOf(unshare: ChildProcess, pause: string): ProcessIdentity | undefined {
  const [child] = unshare.pid === undefined ? [] : childrenOf(unshare.pid);
  if (child === undefined) return undefined;
  try {
    return readlinkSync(`/proc/${child}/exe`) === pause ? identify(child) : undefined;
  } catch {
    return undefined; // it has just ended
  }
}

/** Process 1 is not gone before all others are (pid_namespaces(7)); unshare reaps it and ends with it. */
async function endNamespaces(holder: ProcessIdentity): Promise<void> {
  if (isAlive(holder)) signalProcess(holder.pid, 'SIGKILL');
  if (!(await eventually(() => !isAlive(holder), { timeoutMs: 20_000 }))) {
    throw new Error(`process ${holder.pid}, which holds the namespaces, does not end`);
  }
}

const terminalSignals = 'HUP,INT,QUIT,TERM';

/**
 * The command line that runs a command in the namespaces of a process. nsenter itself ignores the terminal's signals,
 * so that it stays until the command has ended and passes its exit code on.
 */
export function enterCommand(holder: number, folder: string, command: readonly string[]): [string, ...string[]] {
  return [
    'env',
    `--ignore-signal=${terminalSignals}`,
    'nsenter',
    `--target=${holder}`,
    '--mount',
    '--net',
    '--pid',
    '--',
    'env',
    `--default-signal=${terminalSignals}`,
    `--chdir=${folder}`,
    ...command,
  ];
}
