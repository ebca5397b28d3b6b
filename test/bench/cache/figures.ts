import type { Figure, Samples } from '../benchmark.ts';

const units: readonly (readonly [metric: string, unit: string])[] = [
  ['synced_ms', 'ms'],
  ['rss_mib', 'MiB'],
  ['peak_rss_mib', 'MiB'],
  ['stall_ms', 'ms'],
  ['stall_cpu_ms', 'ms'],
  ['relist_ms', 'ms'],
  ['idle_writes', '1'],
];

/** The figures of one round; a touch is told for each object. Pure. */
export function figures(samples: Samples): Figure[] {
  const only = (name: string): number => samples[name]?.[0] ?? Number.NaN;
  return [
    ...units.map(([metric, unit]) => ({ metric, unit, value: only(metric) })),
    { metric: 'touch_cpu_us', unit: 'us', value: (1000 * only('touch_cpu_ms')) / only('touched') },
  ];
}
