import type { Case } from '../benchmark.ts';

/** How many certificates a round is made of, and how they come. */
export interface Issuance extends Case {
  readonly kind: 'first' | 'renewal';
  readonly certificates: number;
  /** All at once; otherwise one after another. */
  readonly storm: boolean;
  /** One route for all names, which stands before; otherwise each certificate has its own. */
  readonly oneRoute?: true;
}

/** The cases of the benchmark `issuance`. */
export const cases: readonly Issuance[] = [
  {
    name: 'first',
    what: '4 new certificates for new names, one after another, each with the ingress controller at rest.',
    kind: 'first',
    certificates: 4,
    storm: false,
    rounds: 3,
  },
  {
    name: 'renewal',
    what: '10 certificates renewed, one after another.',
    kind: 'renewal',
    certificates: 10,
    storm: false,
    rounds: 3,
  },
  {
    name: 'first-storm-100',
    what: '100 new certificates for new names, asked for at once.',
    kind: 'first',
    certificates: 100,
    storm: true,
    rounds: 2,
  },
  {
    name: 'renewal-storm-100',
    what: '100 certificates renewed, asked for at once.',
    kind: 'renewal',
    certificates: 100,
    storm: true,
    rounds: 3,
  },
  {
    name: 'renewal-storm-1000',
    what: '1,000 certificates renewed, asked for at once.',
    kind: 'renewal',
    certificates: 1_000,
    storm: true,
    oneRoute: true,
    rounds: 1,
  },
];

/** The case of this name, whose rounds the command line may have changed. */
export function issuanceOf({ name, rounds }: Case): Issuance {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the benchmark issuance has no case ${name}`);
  return { ...found, rounds };
}
