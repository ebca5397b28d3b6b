import type { Figure, Samples } from '../benchmark.ts';
import { quantile } from '../statistics.ts';

/** The figures of one round, of the good names alone. Pure. */
export function figures(samples: Samples): Figure[] {
  const ready = samples['ready_ms'] ?? [];
  return [
    { metric: 'ready_ms_p50', unit: 'ms', value: quantile(ready, 0.5) },
    { metric: 'ready_ms_p99', unit: 'ms', value: quantile(ready, 0.99) },
  ];
}
