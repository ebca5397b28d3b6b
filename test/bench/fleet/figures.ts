import type { Figure, Samples } from '../benchmark.ts';
import { quantile } from '../statistics.ts';

/** What the replacement of a fleet measured. */
export interface Measured {
  /** For each certificate: from the moment at which an operator could first hear of it until the new one was in its Secret. */
  readonly replacedMs: readonly number[];
  /** Until every name was served with its new certificate. */
  readonly servedMs: number;
  readonly orders: number;
  readonly handshakes: number;
  readonly failedHandshakes: number;
  /** Object writes of the operator. */
  readonly writes: number;
}

/** Samples as they are kept, under the names of {@link figures}. */
export function samplesOf({ replacedMs, servedMs, orders, handshakes, failedHandshakes, writes }: Measured): Samples {
  return {
    replaced_ms: replacedMs,
    served_ms: [servedMs],
    orders: [orders],
    handshakes: [handshakes],
    failed_handshakes: [failedHandshakes],
    api_writes: [writes],
  };
}

/** The figures of one round. Pure. */
export function figures(samples: Samples): Figure[] {
  const replaced = samples['replaced_ms'] ?? [];
  const of = (metric: string): number => samples[metric]?.[0] ?? 0;
  const spanMs = Math.max(...replaced) - Math.min(...replaced);
  return [
    { metric: 'replaced_ms_p50', unit: 'ms', value: quantile(replaced, 0.5) },
    { metric: 'replaced_ms_max', unit: 'ms', value: Math.max(...replaced) },
    { metric: 'served_ms', unit: 'ms', value: of('served_ms') },
    { metric: 'orders', unit: '1', value: of('orders') },
    { metric: 'certificates_per_minute', unit: '1/min', value: (60_000 * (replaced.length - 1)) / spanMs },
    { metric: 'handshakes', unit: '1', value: of('handshakes') },
    { metric: 'failed_handshakes', unit: '1', value: of('failed_handshakes') },
    { metric: 'api_writes', unit: '1/certificate', value: of('api_writes') / replaced.length },
  ];
}
