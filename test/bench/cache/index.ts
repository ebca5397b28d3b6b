/** The caches of the operator beside informers of client-node, on one real API server. */
import type { Benchmark } from '../benchmark.ts';
import { cases } from './cases.ts';
import { clientNode } from './client-node.ts';
import { evercert } from './evercert.ts';
import { figures } from './figures.ts';
import { prepareGround } from './ground.ts';

/** `npm run bench -- cache`. */
export const cache: Benchmark = {
  name: 'cache',
  what: 'Fleets in memory, beside informers of @kubernetes/client-node.',
  ground: 'control-plane',
  cases,
  figures,
  async subjects() {
    const ground = await prepareGround();
    const dispose = async (): Promise<void> => {
      await ground[Symbol.asyncDispose]();
    };
    return [{ ...evercert(ground), [Symbol.asyncDispose]: dispose }, clientNode(ground)];
  },
};
