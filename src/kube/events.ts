import type { Clock, Log } from '../runtime/index.ts';
import type { KubeClient } from './client.ts';

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
  /** A sentence for people. No ids or times in it, so that repeats are seen as such. */
  readonly note: string;
}

/** Publishes Events. */
export interface EventRecorder<Reason extends string> {
  /** Never throws, never waits: a pass is not held up by its Events. */
  publish(note: EventNote<Reason>): void;
  /** Resolves when what was published has been sent or given up, after 2 s at the latest. */
  flush(): Promise<void>;
}

/** What an event recorder is made of. */
export interface EventRecorderParts {
  readonly client: Pick<KubeClient, 'create'>;
  readonly clock: Clock;
  readonly log: Log;
  /** `reportingController`, such as `evercert.dev/operator`. */
  readonly controller: string;
  /** `reportingInstance`, such as the pod's name. */
  readonly instance: string;
}

export function eventRecorder<Reason extends string>(parts: EventRecorderParts): EventRecorder<Reason> {
  throw new Error(`not built yet: ${parts.controller}`);
}
