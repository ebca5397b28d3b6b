import { randomUUID } from 'node:crypto';
import { type Clock, ConflictError, type Log, sleep, TransientError } from '../runtime/index.ts';
import type { KubeClient } from './client.ts';
import { EventBudget } from './event-budget.ts';
import { microTime } from './micro-time.ts';
import type { KubeObject } from './objects.ts';
import { events } from './resources.ts';

/** Something worth telling about an object, for `kubectl describe`. */
export interface EventNote<Reason extends string> {
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: Reason;
  /** What was done or tried, in UpperCamelCase. */
  readonly action: string;
  /** A sentence for people. No ids or times in it, so that repeats are seen as such. Cut at 1 KiB, as the API demands. */
  readonly note: string;
}

/** Publishes Events. They are news, not state: one that cannot be sent is given up. */
export interface EventRecorder<Reason extends string> {
  /** Never throws, never waits: a pass is not held up by its Events. */
  publish(note: EventNote<Reason>): void;
  /** Resolves when what was published has been sent or given up, after 2 s at the latest. For a shutdown. */
  flush(): Promise<void>;
}

/** What an event recorder is made of. */
export interface EventRecorderParts {
  readonly client: Pick<KubeClient, 'create'>;
  readonly clock: Clock;
  readonly log: Log;
  /** `reportingController`, such as `evercert.dev/operator`. */
  readonly controller: string;
  /** `reportingInstance`, such as the Pod's name. */
  readonly instance: string;
}

const longestNote = 1024;
const longestQueue = 1_000;
const sendersAtOnce = 4;
const triesEach = 3;
const firstRetryMs = 1_000;
const flushLimitMs = 2_000;

/** An Event (events.k8s.io/v1), as we write it. */
interface Event extends KubeObject {
  eventTime: string;
  reportingController: string;
  reportingInstance: string;
  regarding: EventNote<string>['regarding'];
  type: string;
  reason: string;
  action: string;
  note: string;
}

/**
 * Makes the recorder of one process. A note that repeats one of the last ten minutes is dropped; so is what goes beyond 25 notes
 * (one more every 5 minutes) about one object, or 100 (10 more each second) in all.
 */
export function eventRecorder<Reason extends string>(parts: EventRecorderParts): EventRecorder<Reason> {
  return new Recorder(parts);
}

class Recorder implements EventRecorder<string> {
  readonly #parts: EventRecorderParts;
  readonly #budget: EventBudget;
  readonly #queue: Event[] = [];
  readonly #idle = new Set<() => void>();
  #senders = 0;
  #dropped = 0;

  constructor(parts: EventRecorderParts) {
    this.#parts = parts;
    this.#budget = new EventBudget(parts.clock);
  }

  publish(note: EventNote<string>): void {
    if (!this.#budget.allows(note) || this.#queue.length >= longestQueue) {
      this.#dropped += 1;
      const { name, namespace } = note.regarding;
      const where = namespace === undefined ? { name } : { namespace, name };
      this.#parts.log.debug('event dropped', { ...where, reason: note.reason, count: this.#dropped });
      return;
    }
    this.#queue.push(this.#event(note));
    if (this.#senders < sendersAtOnce) void this.#send();
  }

  async flush(): Promise<void> {
    if (this.#senders === 0) return;
    const limit = new AbortController();
    const onIdle = (): void => limit.abort();
    this.#idle.add(onIdle);
    await sleep(this.#parts.clock, flushLimitMs, limit.signal).catch(() => undefined);
    this.#idle.delete(onIdle);
  }

  async #send(): Promise<void> {
    this.#senders += 1;
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) await this.#sendOne(event);
    this.#senders -= 1;
    if (this.#senders === 0) for (const onIdle of this.#idle) onIdle();
  }

  /** Sends under a name that stays the same, so that one tried again is never there twice. Never throws. */
  async #sendOne(event: Event): Promise<void> {
    const { client, clock, log } = this.#parts;
    for (let tried = 1; ; tried += 1) {
      try {
        await client.create(events, event);
        return;
      } catch (error) {
        if (error instanceof ConflictError && tried > 1) return;
        if (!(error instanceof TransientError) || tried === triesEach) {
          const { namespace, name } = event.regarding;
          log.debug('event not sent', {
            name,
            ...(namespace === undefined ? {} : { namespace }),
            reason: event.reason,
            error,
          });
          return;
        }
        await sleep(clock, Math.max(firstRetryMs * tried, error.retryAfterMs ?? 0));
      }
    }
  }

  #event(note: EventNote<string>): Event {
    const { regarding, type, reason, action } = note;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      // Events about objects without a namespace stand in `default`.
      metadata: {
        name: `${regarding.name.slice(0, 200).replace(/[.-]+$/, '')}.${randomUUID().replaceAll('-', '').slice(0, 16)}`,
        namespace: regarding.namespace ?? 'default',
      },
      eventTime: microTime(this.#parts.clock.now()),
      reportingController: this.#parts.controller,
      reportingInstance: this.#parts.instance.slice(0, 128),
      regarding,
      type,
      reason,
      action,
      note: cut(note.note),
    };
  }
}

/** The API counts bytes. */
function cut(note: string): string {
  if (Buffer.byteLength(note) <= longestNote) return note;
  const ellipsis = '…';
  const room = Buffer.from(note)
    .subarray(0, longestNote - Buffer.byteLength(ellipsis))
    .toString('utf8');
  return room.replace(/\uFFFD+$/u, '') + ellipsis;
}
