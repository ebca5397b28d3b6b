import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Does something that one process on this machine may do at a time. The lock is the kernel's (flock(2), held by
 * flock(1) for as long as our pipe to it is open), so it ends with this process however that ends.
 *
 * @throws Error when the lock is not had within `timeoutMs`.
 */
export async function withLock<T>(
  file: string,
  { timeoutMs, onWait }: { timeoutMs: number; onWait?: () => void },
  use: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const seconds = String(Math.ceil(timeoutMs / 1000));
  const holder = spawn('flock', ['--exclusive', '--wait', seconds, file, 'sh', '-c', 'echo held; cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  const waiting = setTimeout(() => onWait?.(), 500);
  try {
    const held = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
    if (!held) throw new Error(`another process has held ${file} for ${seconds} s`);
    clearTimeout(waiting);
    return await use();
  } finally {
    clearTimeout(waiting);
    holder.stdin.end();
    await ended;
  }
}
