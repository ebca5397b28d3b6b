import { setTimeout as pause } from 'node:timers/promises';
import type { Subject, Trial } from '../benchmark.ts';
import type { Town } from './town.ts';

const good = 100;
/** The silent names are asked for this long before: every one has been asked by then, and most are waiting to be asked again. */
const headStartMs = 15_000;

/** Evercert with so many Certificates beside the good ones whose names swallow packets. */
export function besides(town: Town, { name, silent }: { name: string; silent: number }): Subject {
  return {
    name,
    prepare: async (): Promise<Trial> => ({
      async round() {
        await town.requestSilent(silent);
        if (silent > 0) await pause(headStartMs);
        const samples = { ready_ms: await town.issueGood(good) };
        await town.clear();
        return samples;
      },
      async [Symbol.asyncDispose]() {},
    }),
    async [Symbol.asyncDispose]() {},
  };
}
