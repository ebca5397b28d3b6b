/** Whether names that swallow packets hold up those that are well. */
import { makeProgram } from '../../kit/program.ts';
import type { Benchmark } from '../benchmark.ts';
import { figures } from './figures.ts';
import { besides } from './subject.ts';
import { Town } from './town.ts';

/** `npm run bench -- fairness`. */
export const fairness: Benchmark = {
  name: 'fairness',
  what: 'Certificates for good names, alone and beside names that swallow packets.',
  ground: 'ca',
  cases: [
    {
      name: 'fairness',
      what: '100 certificates for new names, asked for at once, while others are asked for whose names swallow packets.',
      rounds: 2,
    },
  ],
  figures,
  async subjects() {
    await using stack = new AsyncDisposableStack();
    const program = stack.use(await makeProgram());
    const town = stack.use(await Town.open(program.path));
    const all = stack.move();
    const most = besides(town, { name: 'beside-1000', silent: 1_000 });
    return [
      { ...most, [Symbol.asyncDispose]: () => all.disposeAsync() },
      besides(town, { name: 'beside-100', silent: 100 }),
      besides(town, { name: 'alone', silent: 0 }),
    ];
  },
};
