import type { Benchmark, Result, Round } from './benchmark.ts';

/**
 * The smallest value that at least this share of all values does not exceed (nearest rank: always a value that was measured).
 *
 * @throws RangeError when there are no values, or the share is not above 0 and at most 1.
 */
export function quantile(values: readonly number[], share: number): number {
  const rank = Math.ceil(share * values.length);
  const value = rank < 1 ? undefined : values.toSorted((a, b) => a - b)[rank - 1];
  if (value === undefined) throw new RangeError(`no quantile ${share} of ${values.length} values`);
  return value;
}

/** The middle value, or the mean of the two in the middle. Throws a RangeError when there are no values. */
export function median(values: readonly number[]): number {
  const upper = -quantile(
    values.map((value) => -value),
    0.5,
  );
  return (quantile(values, 0.5) + upper) / 2;
}

/** Brings rounds down to one result for each case, subject and metric, in the order in which they first appear. */
export function summarize(rounds: readonly Round[], figuresOf: Benchmark['figures']): Result[] {
  const figures = rounds.flatMap((round) => figuresOf(round.samples).map((figure) => ({ ...round, ...figure })));
  const groups = Map.groupBy(figures, ({ case: name, subject, metric }) => JSON.stringify([name, subject, metric]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const values = group.map(({ value }) => value);
    const { case: name, subject, metric, unit } = first;
    return {
      case: name,
      subject,
      metric,
      unit,
      median: rounded(median(values)),
      min: rounded(Math.min(...values)),
      max: rounded(Math.max(...values)),
      n: values.length,
    };
  });
}

/** Two decimals: more is noise in every unit that is used. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
