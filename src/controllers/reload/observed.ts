import type { PodRow, WorkloadRow } from './rows.ts';

/** One question of a probe: which leaf does this pod serve under this name, where that leaf is expected. */
export interface Target {
  readonly podUID: string;
  /** A container that was started anew is asked anew. */
  readonly startedAt: Date;
  readonly address: string;
  readonly port: number;
  readonly serverName: string;
  readonly secretName: string;
  /** SHA-256 of the leaf that the Secret holds. */
  readonly expected: string;
  /** Key of the workload that waits for the answer. */
  readonly workload: string;
}

/** The last answer to a {@link Target}. */
export interface Answer {
  readonly at: Date;
  /** SHA-256 of the leaf that was served; absent where no TLS handshake came about. */
  readonly fingerprint?: string;
  /** One sentence saying why there was no handshake. */
  readonly problem?: string;
  /** How many answers in a row, this one included, were not the expected leaf. */
  readonly misses: number;
}

/** What is known about a {@link Target} now. */
export interface Probed {
  readonly target: Target;
  readonly answer: Answer | undefined;
  /** A probe is queued or under way: its end wakes the workload. */
  readonly isAsked: boolean;
}

/** A Secret of ours that a workload consumes, and the leaf that it holds. */
export interface ConsumedSecret {
  readonly name: string;
  readonly fingerprint: string;
  readonly issuedAt: Date;
  /** The name to ask for (SNI), one of the Certificate's. */
  readonly serverName: string | undefined;
  /** The status says already that this leaf has reached the workloads: only a proof of the contrary counts from then on. */
  readonly isSettled: boolean;
  /** `spec.reload.strategy: None`: followed, never rolled out. */
  readonly isLeftAlone: boolean;
}

/** What a pass over a workload has seen. */
export interface Observed {
  readonly workload: WorkloadRow;
  /** Sorted by name. */
  readonly secrets: readonly ConsumedSecret[];
  /** The ready pods that are not being deleted, sorted by name. */
  readonly pods: readonly PodRow[];
  /** When the workload's youngest running pod was created; the epoch where none runs. */
  readonly youngestPodAt: Date;
  /** The value that the annotation `evercert.dev/certificates` is to have. */
  readonly digest: string;
  /** By {@link probeKey}; no entry for what cannot be probed. */
  readonly probes: ReadonlyMap<string, Probed>;
}

/** Names the probe of one Secret at one pod. */
export function probeKey(podUID: string, secretName: string): string {
  return `${podUID}/${secretName}`;
}
