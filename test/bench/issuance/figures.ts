import type { Figure, Samples } from '../benchmark.ts';
import { quantile } from '../statistics.ts';

/** What a round of certificates measured, before it is brought down to figures. */
export interface Measured {
  /** For each certificate: from its being asked for until it was there. */
  readonly readyMs: readonly number[];
  /** For each route that was followed: from its Ingress until its path answered. Empty where no route is new. */
  readonly routeMs: readonly number[];
  /** From the first request until the last certificate was there; only where all are asked for at once. */
  readonly stormMs: number | undefined;
  /** Those for renewal information left out. */
  readonly acmeRequests: number;
  /** For renewal information (RFC 9773). */
  readonly renewalInfoRequests: number;
  /** Object writes that were sent, refused ones among them. */
  readonly writes: number;
  readonly refusedWrites: number;
  readonly events: number;
}

/** Samples as they are kept, under the names of {@link figures}. */
export function samplesOf(measured: Measured): Samples {
  const { readyMs, routeMs, stormMs, acmeRequests, renewalInfoRequests, writes, refusedWrites, events } = measured;
  return {
    ready_ms: readyMs,
    ...(routeMs.length === 0 ? {} : { route_ms: routeMs }),
    ...(stormMs === undefined ? {} : { storm_ms: [stormMs] }),
    acme_requests: [acmeRequests],
    renewal_info_requests: [renewalInfoRequests],
    api_writes: [writes],
    api_writes_refused: [refusedWrites],
    events: [events],
  };
}

/** The figures of one round; counts are for each certificate. Pure. */
export function figures(samples: Samples): Figure[] {
  const ready = samples['ready_ms'] ?? [];
  const route = samples['route_ms'] ?? [];
  const [stormMs] = samples['storm_ms'] ?? [];
  const perCertificate = (metric: string): Figure[] => {
    const [count] = samples[metric] ?? [];
    return count === undefined ? [] : [{ metric, unit: '1/certificate', value: count / ready.length }];
  };
  return [
    { metric: 'ready_ms_p50', unit: 'ms', value: quantile(ready, 0.5) },
    { metric: 'ready_ms_p99', unit: 'ms', value: quantile(ready, 0.99) },
    ...(route.length === 0 ? [] : [{ metric: 'route_ms_p50', unit: 'ms', value: quantile(route, 0.5) }]),
    ...(stormMs === undefined
      ? []
      : [{ metric: 'certificates_per_second', unit: '1/s', value: (1000 * ready.length) / stormMs }]),
    ...perCertificate('acme_requests'),
    ...perCertificate('renewal_info_requests'),
    ...perCertificate('api_writes'),
    ...perCertificate('api_writes_refused'),
    ...perCertificate('events'),
  ];
}
