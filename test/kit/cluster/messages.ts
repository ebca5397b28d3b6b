/** What the processes of a cluster tell each other: inside -> supervisor -> whoever started it. */
import type { ClusterSpec } from './spec.ts';

export type Report =
  | { readonly kind: 'progress'; readonly sentence: string }
  /** The cluster serves. `holder`: process 1 of its namespaces. */
  | { readonly kind: 'ready'; readonly holder: number; readonly startMs: number }
  /** It could not be started, or could not be taken down cleanly. */
  | { readonly kind: 'failed'; readonly sentence: string };

export type Order =
  | { readonly kind: 'start'; readonly spec: ClusterSpec }
  /** From now on the cluster outlives the one who started it. */
  | { readonly kind: 'keep' }
  | { readonly kind: 'stop' };

/** For those who come later: `state.json` of a cluster's folder. */
export interface State {
  readonly spec: ClusterSpec;
  readonly holder: number;
  readonly startedAt: string;
  readonly startMs: number;
}
