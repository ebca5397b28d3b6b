import { Worker } from 'node:worker_threads';
import type { Failure, Task } from './explore.ts';
import type { Told } from './worker.ts';

/** Has tasks done by so many workers at once, and tells how each run went. Rejects when a worker fails. */
export async function work(
  tasks: readonly Task[],
  workers: number,
  onRun: (failure: Failure | undefined, task: Task) => void,
): Promise<void> {
  const left = [...tasks];
  await Promise.all(Array.from({ length: Math.min(workers, tasks.length) }, () => oneWorker(left, onRun)));
}

/** One worker, which takes tasks as long as there are any. */
async function oneWorker(left: Task[], onRun: (failure: Failure | undefined, task: Task) => void): Promise<void> {
  const worker = new Worker(new URL('worker.ts', import.meta.url));
  try {
    await new Promise<void>((resolve, reject) => {
      let task = left.shift();
      const next = (): void => {
        if (task === undefined) resolve();
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
        else worker.postMessage(task);
      };
      worker.on('error', reject);
      worker.on('message', (told: Told) => {
        if (told.kind === 'run' && task !== undefined) onRun(told.failure, task);
        if (told.kind !== 'done') return;
        task = left.shift();
        next();
      });
      next();
    });
  } finally {
    await worker.terminate();
  }
}
