import type { Clock, Log } from '../runtime/index.ts';
import type { KubeClient } from './client.ts';
import type { Ref } from './objects.ts';

/** The Lease was lost while it was held: whoever leads must stop at once, and the process should end. */
export class LeaseLostError extends Error {
  override readonly name: string = 'LeaseLostError';
}

/** What leader election is made of. */
export interface Election {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly lease: Ref;
  readonly identity: string;
  readonly lead: (signal: AbortSignal) => Promise<void>;
  readonly onChange?: (leading: boolean) => void;
  readonly random?: () => number;
}

export function leadWhileElected(parts: Election, signal: AbortSignal): Promise<void> {
  throw new Error(`not built yet: ${parts.identity} ${String(signal.aborted)}`);
}
