import type { Clock, Log } from '../runtime/index.ts';
import type { Cache, Source } from './cache.ts';
import type { KubeClient } from './client.ts';

/** What a list-watch is made of. */
export interface ListWatchParts {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

export function listWatch<Row>(parts: ListWatchParts, source: Source<Row>): Cache<Row> {
  throw new Error(`not built yet: ${source.resource.plural} ${typeof parts}`);
}
