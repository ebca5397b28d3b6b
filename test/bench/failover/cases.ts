import type { Case } from '../benchmark.ts';

/** How a leader ends, and how often it is tried. */
export interface Failover extends Case {
  readonly how: 'graceful' | 'crash' | 'frozen';
}

/** The cases of the benchmark `failover`. */
export const cases: readonly Failover[] = [
  {
    name: 'graceful',
    what: 'SIGTERM to the leader while certificates are being renewed.',
    how: 'graceful',
    rounds: 5,
    cold: true,
  },
  {
    name: 'crash',
    what: 'SIGKILL to the leader while certificates are being renewed.',
    how: 'crash',
    rounds: 3,
    cold: true,
  },
  {
    name: 'frozen',
    what: 'SIGSTOP for 60 s while a write of the leader is on its way: of the archive, the status, the Secret, the route.',
    how: 'frozen',
    rounds: 4,
    cold: true,
  },
];

/** The case of this name. */
export function failoverOf({ name }: Case): Failover['how'] {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the benchmark failover has no case ${name}`);
  return found.how;
}
