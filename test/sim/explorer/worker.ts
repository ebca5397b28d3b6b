import { parentPort } from 'node:worker_threads';
import { explore, type Failure, type Task } from './explore.ts';

/** What a worker tells: how one run went, or that its task is done. */
export type Told = { readonly kind: 'run'; readonly failure: Failure | undefined } | { readonly kind: 'done' };

const port = parentPort;
if (port === null) throw new Error('this is the program of a worker');
port.on('message', (task: Task) => {
  void explore(task, (failure) => port.postMessage({ kind: 'run', failure } satisfies Told)).then(() =>
    port.postMessage({ kind: 'done' } satisfies Told),
  );
});
