import type { Figure, Samples } from '../benchmark.ts';

/** What one failover measured; times are from the signal. */
export interface Measured {
  /** Until the other one had the Lease, and the first call of its work as the leader came to the API server. */
  readonly takeoverMs: number;
  /** Until the first of these calls that writes, which depends on how far the CA is with what is under way. */
  readonly firstWriteMs: number;
  /** What the old leader changed after that, Events and the Lease apart. */
  readonly staleWrites: number;
}

/** Samples as they are kept, under the names of {@link figures}. */
export function samplesOf({ takeoverMs, firstWriteMs, staleWrites }: Measured): Samples {
  return { takeover_ms: [takeoverMs], first_write_ms: [firstWriteMs], stale_writes: [staleWrites] };
}

const units: Readonly<Record<string, string>> = { takeover_ms: 'ms', first_write_ms: 'ms', stale_writes: '1' };

/** The figures of one round: its samples as they are. Pure. */
export function figures(samples: Samples): Figure[] {
  return Object.entries(samples).flatMap(([metric, values]) =>
    values.map((value) => ({ metric, unit: units[metric] ?? '', value })),
  );
}
