import { type Trend, trendOf } from './flatness.ts';
import type { Measure, Remains } from './messages.ts';

/** What a soak came to. */
export interface Report {
  readonly seed: number;
  readonly durationMs: number;
  readonly writes: number;
  /** Writes that failed while the API server was away. */
  readonly failedWrites: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly compactions: number;
  readonly quietPoints: number;
  /** The longest that the caches took to be as a fresh list. */
  readonly slowestMs: number;
  readonly objects: number;
  /** Versions that were written while every watch could be resumed, each of which had to be told. */
  readonly expectedEvents: number;
  readonly last: Measure;
  readonly heap: Trend;
  readonly resident: Trend;
  readonly violations: readonly string[];
}

const mebi = 2 ** 20;
/** How much memory may grow over a run, however long it is: what the garbage collector leaves varies by less. */
const mostGrowth = { heap: 6 * mebi, resident: 48 * mebi };
/** A fault may cost a cache a list, and another when it hits that one; and a watch for every try until it is over. */
const mostOfFault = { lists: 2, watches: 8 };

/** What is wrong with a run as a whole: a sentence for each. */
export function violationsOf({
  heap,
  resident,
  last,
  faults,
}: Pick<Report, 'heap' | 'resident' | 'last' | 'faults'>): string[] {
  const count = Object.values(faults).reduce((sum, one) => sum + one, 0);
  const storms = Object.keys(last.lists).flatMap((name) => {
    const [lists, watches] = [last.lists[name] ?? 0, last.watchesOpened[name] ?? 0];
    if (lists <= 1 + mostOfFault.lists * count && watches <= 1 + mostOfFault.watches * count) return [];
    return [`${name} began ${lists} lists and ${watches} watches, too many for ${count} faults`];
  });
  const grown = Object.entries({ heap, resident }).flatMap(([what, { growthBytes }]) =>
    growthBytes > mostGrowth[what as 'heap' | 'resident']
      ? [`the ${what} memory grew by ${mebibytes(growthBytes)}: it is not flat`]
      : [],
  );
  return [...storms, ...grown];
}

/** What is left of the subject after it stopped everything: nothing should be. */
export function remainsViolations({ resources }: Remains): string[] {
  return resources.length === 0 ? [] : [`the subject ended everything, but was kept alive by ${resources.join(', ')}`];
}

/** The summary for people. */
export function summaryOf(report: Report): string {
  const { seed, durationMs, faults, last, heap, resident, violations } = report;
  const total = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((sum, one) => sum + one, 0);
  return [
    `Soak of ${(durationMs / 60_000).toFixed(1)} minutes with seed ${seed}:`,
    `  faults            ${Object.entries(faults)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}`,
    `  etcd compacted    ${report.compactions} times`,
    `  writes            ${report.writes}, ${report.failedWrites} lost while the API server was away`,
    `  changes told      ${last.changes}; of ${report.expectedEvents} versions written in rounds without a list, each`,
    `  lists, watches    ${total(last.lists)}, ${total(last.watchesOpened)} for ${Object.keys(last.lists).length} caches`,
    `  tokens refused    ${last.unauthorized}`,
    `  quiet points      ${report.quietPoints}, of ${report.objects} objects; equal after ${seconds(report.slowestMs)} at most`,
    `  heap              ${trend(heap)}`,
    `  resident memory   ${trend(resident)}`,
    `  at the end        ${last.sockets} sockets, ${last.timers} timers`,
    `  violations        ${violations.length}`,
    ...violations.map((violation) => `    ${violation}`),
  ].join('\n');
}

/** The trends of memory over quiet points; the first is left out, since nothing is warm before it. */
export function trends(
  points: readonly { readonly ms: number; readonly measure: Measure }[],
): Pick<Report, 'heap' | 'resident'> {
  const warm = points.length > 2 ? points.slice(1) : points;
  return {
    heap: trendOf(warm.map(({ ms, measure }) => ({ ms, bytes: measure.heapBytes }))),
    resident: trendOf(warm.map(({ ms, measure }) => ({ ms, bytes: measure.residentBytes }))),
  };
}

function trend({ firstBytes, lastBytes, growthBytes, bytesPerHour }: Trend): string {
  const rate = `${mebibytes(bytesPerHour)} an hour`;
  return `${mebibytes(firstBytes)} at first, ${mebibytes(lastBytes)} at last; grew by ${mebibytes(growthBytes)} (${rate})`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / mebi).toFixed(1)} MiB`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
