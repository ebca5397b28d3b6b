import { createHash, randomUUID } from 'node:crypto';
import { microTime } from './micro-time.ts';
import { type KubeObject, type Ref } from './objects.ts';

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

/** Who tells. */
export interface EventSource {
  /** `reportingController`, such as `evercert.dev/operator`. */
  readonly controller: string;
  /** `reportingInstance`, such as the Pod's name. */
  readonly instance: string;
}

/** How often a note was repeated, and when last. `kubectl` prints it as `(x4 over 12m)`. */
export interface EventSeries {
  /** 2 or more: the API server refuses less. */
  readonly count: number;
  /** MicroTime. */
  readonly lastObservedTime: string;
}

/** An Event (events.k8s.io/v1), as we write it. */
export interface Event extends KubeObject {
  metadata: { readonly namespace: string; readonly name: string };
  eventTime: string;
  reportingController: string;
  reportingInstance: string;
  regarding: EventNote<string>['regarding'];
  type: string;
  reason: string;
  action: string;
  note: string;
  series?: EventSeries;
}

const longestNote = 1024;

/** The Event of a note, under a name of its own. */
export function eventOf(note: EventNote<string>, source: EventSource, at: Date): Event {
  const { regarding, type, reason, action } = note;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: {
      // Events about objects without a namespace stand in `default`.
      namespace: regarding.namespace ?? 'default',
      name: `${regarding.name.slice(0, 200).replace(/[.-]+$/, '')}.${randomUUID().replaceAll('-', '').slice(0, 16)}`,
    },
    eventTime: microTime(at),
    reportingController: source.controller,
    reportingInstance: source.instance.slice(0, 128),
    regarding,
    type,
    reason,
    action,
    note: cut(note.note),
  };
}

/** The same for notes of the same content about the same object. */
export function contentOf({ regarding, type, reason, action, note }: EventNote<string>): string {
  return createHash('sha256')
    .update(JSON.stringify([regarding.uid, type, reason, action, note]))
    .digest('base64');
}

/** The object of a note, for log lines. */
export function regardingOf({ regarding: { namespace, name } }: EventNote<string>): Ref {
  return namespace === undefined ? { name } : { namespace, name };
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
