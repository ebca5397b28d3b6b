import type { Case } from '../benchmark.ts';

/** How many Certificates there are, each with its Secret. */
export interface FleetCase extends Case {
  readonly size: number;
}

/** The cases of the benchmark `cache`, from the smallest fleet to the largest: the next one adds to what is there. */
export const cases: readonly FleetCase[] = [fleetCase(10_000, 3), fleetCase(50_000, 1), fleetCase(100_000, 2)];

function fleetCase(size: number, rounds: number): FleetCase {
  const what = `${size.toLocaleString('en')} Certificates at rest, and as many Secrets.`;
  return { name: String(size), what, size, rounds, cold: true };
}

/** How many Certificates a case has. */
export function sizeOf({ name }: Case): number {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the benchmark cache has no case ${name}`);
  return found.size;
}
