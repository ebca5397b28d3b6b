import type { Result } from './benchmark.ts';

/**
 * Results for people: for each case and metric the medians of all subjects with their ranges, and the ratios of the first
 * subject's median to those of the others.
 */
export function tableOf(results: readonly Result[], subjects: readonly string[]): string {
  const [ours = '', ...peers] = subjects;
  const cases = Map.groupBy(results, ({ case: name }) => name);
  const header = [
    'case',
    'metric',
    'unit',
    ...subjects.flatMap((name) => [name, 'min..max']),
    ...peers.map((peer) => `${ours}/${peer}`),
  ];
  const rows = [...cases].flatMap(([name, ofCase]) => {
    const metrics = [...Map.groupBy(ofCase, ({ metric }) => metric).values()];
    return metrics.map((all, index) => {
      const of = (wanted: string): Result | undefined => all.find(({ subject }) => subject === wanted);
      const { metric = '', unit = '' } = all[0] ?? {};
      return [
        index === 0 ? name : '',
        metric,
        unit,
        ...subjects.flatMap((subject) => cells(of(subject))),
        ...peers.map((peer) => ratio(of(ours), of(peer))),
      ];
    });
  });
  return aligned([header, ...rows]);
}

function cells(result: Result | undefined): [string, string] {
  if (result === undefined) return ['', ''];
  return [shown(result.median), `${shown(result.min)}..${shown(result.max)}`];
}

function ratio(left: Result | undefined, right: Result | undefined): string {
  return left === undefined || right === undefined || right.median === 0 ? '' : (left.median / right.median).toFixed(2);
}

function shown(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

const textColumns = 3; // the others hold figures, which are aligned to the right

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column < textColumns ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
