import { explore, type Failure } from './explore.ts';
import { describeDisturbance } from './schedule.ts';

/** Scenarios that between them have nearly every step of the operator: they are tested at each crash, the others at one in ten. */
export const whole = ['first', 'renewal', 'spec-change-ordered', 'secret-deleted', 'rollback', 'revoke'] as const;

/** Runs one of so many equal parts of the single crashes of a scenario: how many those are, and what they broke, in words. */
export async function crashPart(
  scenario: string,
  part: { readonly part: number; readonly of: number },
): Promise<{ readonly runs: number; readonly broken: readonly (readonly string[])[] }> {
  const broken: (readonly string[])[] = [];
  let runs = 0;
  await explore({ scenario, family: 'crash', ...part, seeds: { first: 0, count: 0 } }, (failure) => {
    runs += 1;
    if (failure !== undefined) broken.push(inWords(failure));
  });
  return { runs, broken };
}

/** What went wrong, and then what that broke. */
export function inWords({ schedule, violations, calls }: Failure): readonly string[] {
  return [schedule.disturbances.map((one) => describeDisturbance(one, calls)).join(', then '), ...violations];
}
