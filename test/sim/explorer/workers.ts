import { Worker } from 'node:worker_threads';
import type { Failure, Task } from './explore.ts';
import type { Told } from './worker.ts';

/** Who is told how the work goes. */
export interface Watcher {
  /** Of each run. */
  readonly onRun: (failure: Failure | undefined, task: Task) => void;
  /** Of each task that is done. */
  readonly onDone: (task: Task) => void;
}

/** Has tasks done by so many workers at once. Rejects when a worker fails. */
export async function work(tasks: readonly Task[], workers: number, watcher: Watcher): Promise<void> {
  const left = [...tasks];
  await Promise.all(Array.from({ length: Math.min(workers, tasks.length) }, () => oneWorker(left, watcher)));
}

/** One worker, which takes tasks as long as there are any. */
async function oneWorker(left: Task[], { onRun, onDone }: Watcher): Promise<void> {
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
        if (task === undefined) return;
        if (told.kind === 'run') {
          onRun(told.failure, task);
          return;
        }
        onDone(task);
        task = left.shift();
        next();
      });
      next();
    });
  } finally {
    await worker.terminate();
  }
}
