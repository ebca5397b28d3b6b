import { join } from 'node:path';
import type { Subject } from '../benchmark.ts';
import { followed } from './follower.ts';
import type { Ground } from './ground.ts';
import { MeasuredProcess } from './process.ts';

/** What the program of client-node tells its parent, after each list and each hundredth change. */
export interface Progress {
  readonly kind: 'progress';
  readonly isSynced: boolean;
  readonly changes: number;
  readonly lists: number;
}

/** Two informers of `@kubernetes/client-node`, whose caches hold the same objects. */
export function clientNode(ground: Ground): Subject {
  return {
    name: 'client-node',
    prepare: followed(ground, async () => {
      const { relay, kubeconfig, folder, programs } = ground;
      const connected = relay.nextConnection();
      const process = new MeasuredProcess({
        command: [programs.clientNode, kubeconfig],
        log: join(folder, 'client-node.log'),
        probe: programs.probe,
      });
      void connected.then(() => process.forgetStalls());
      let last: Progress = { kind: 'progress', isSynced: false, changes: 0, lists: 0 };
      process.onMessage((message) => {
        if (isProgress(message)) last = message;
      });
      return {
        process,
        isSynced: async () => last.isSynced,
        changes: async () => last.changes,
        lists: async () => last.lists,
        idleWrites: async () => 0, // an informer has nothing to write with
        [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
      };
    }),
    async [Symbol.asyncDispose]() {},
  };
}

function isProgress(message: unknown): message is Progress {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'progress';
}
