/** What the processes of a cluster tell each other: inside -> supervisor -> whoever started it. */
import type { ClusterSpec } from './spec.ts';

export type Report =
  /** How far the start is. */
  | { readonly kind: 'detail'; readonly sentence: string }
  /** Something that a person should read. */
  | { readonly kind: 'note'; readonly sentence: string }
  /** The cluster serves. */
  | { readonly kind: 'ready' }
  /** It could not be started, or could not be taken down cleanly. */
  | { readonly kind: 'failed'; readonly sentence: string };

export type Order =
  | { readonly kind: 'start'; readonly spec: ClusterSpec }
  /** From now on the cluster outlives the one who started it. */
  | { readonly kind: 'keep' }
  /** `keepLogs`: they outlive the cluster, in the cache folder. */
  | { readonly kind: 'stop'; readonly keepLogs: boolean };

/** For those who come later: `state.json` of a cluster's folder. */
export interface State {
  readonly spec: ClusterSpec;
  /** Process 1 of its namespaces, as the machine numbers it. */
  readonly holder: number;
  readonly startedAt: string;
  readonly startMs: number;
}
