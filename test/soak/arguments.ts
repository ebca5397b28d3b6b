import { parseArgs } from 'node:util';

/** What a command line asks for. */
export type Arguments =
  | { readonly action: 'help' }
  | { readonly action: 'run'; readonly minutes: number; readonly seed: number };

/** What `--help` says. */
export const usage = `Soaks the caches of the program on a real API server: objects change all the time while connections are cut, the API
server and etcd are killed, etcd is compacted every few seconds and tokens are rotated. At every quiet point each cache has
to be as a fresh list; memory has to be flat at the end.

Usage: npm run soak -- [--minutes N] [--seed S]

  --minutes N   how long, fractions too       (default 10)
  --seed S      what is written, and which faults there are, follows from it; a run says its seed   (default: another each time)
  --help

Starts a control plane of its own and takes it down again. Exits with 1 when something was violated.
`;

/**
 * Reads the command line.
 *
 * @throws Error with a sentence that says what is wrong with it.
 */
export function readArguments(argv: readonly string[], anySeed: () => number): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { action: 'help' };
  const minutes = /^\d+(\.\d+)?$/.test(values.minutes) ? Number(values.minutes) : 0;
  if (minutes <= 0 || minutes > 10_000) throw new Error(`--minutes ${values.minutes}: say a number above 0`);
  if (values.seed !== undefined && !/^\d{1,9}$/.test(values.seed))
    throw new Error(`--seed ${values.seed}: say a whole number of up to nine digits`);
  return { action: 'run', minutes, seed: values.seed === undefined ? anySeed() : Number(values.seed) };
}
