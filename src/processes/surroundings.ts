import type { Log } from '../runtime/index.ts';
import type { Metrics } from '../telemetry/index.ts';

/** What every process is given. */
export interface Surroundings {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly version: string;
}

/** How we name ourselves to API servers and CAs (RFC 8555, 6.1). */
export function userAgent(version: string): string {
  return `evercert/${version}`;
}
