import { notUnderstood } from './answers.ts';
import { type Call, record, refusalError } from './status.ts';

/** What the API server tells of an object in a watch; a bookmark tells how far the watch has come, and of no object. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: unknown;
  /** Where a watch resumes behind this event. */
  readonly resourceVersion: string;
}

const types: ReadonlySet<unknown> = new Set<WatchEvent['type']>(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

/**
 * Reads one line of a watch.
 *
 * @throws ExpiredError for a 410 that comes as an event; TransientError for other errors, and for what is no event.
 */
export function readWatchEvent(call: Call, line: string, now: Date): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (error) {
    throw notUnderstood(call, 'not JSON', error);
  }
  const { type, object } = record(event);
  if (type === 'ERROR') {
    const code = record(object)['code'];
    throw refusalError(call, { code: typeof code === 'number' ? code : 500, body: object }, now);
  }
  if (!isType(type)) throw notUnderstood(call, 'an event of unknown type');
  const resourceVersion = record(record(object)['metadata'])['resourceVersion'];
  if (typeof resourceVersion !== 'string') throw notUnderstood(call, 'an event without a resourceVersion');
  return { type, object, resourceVersion };
}

function isType(type: unknown): type is WatchEvent['type'] {
  return types.has(type);
}
