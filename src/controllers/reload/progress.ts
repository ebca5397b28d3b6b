/** The counts of a workload's status, as the API server sends them. */
export interface WorkloadStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
}

/** How far the pod template has reached the pods, as the workload's own controller reports it. */
export interface Progress {
  /** Pods that should run. */
  readonly desired: number;
  /** Every pod is of the template in the spec, and no other is left. */
  readonly isUpdated: boolean;
  /** The pods of the template in the spec are available, or once were: an outage later is no roll-out. */
  readonly isAvailable: boolean;
  /** The Deployment reports `ProgressDeadlineExceeded`. */
  readonly isExceeded: boolean;
}

/** What {@link progressOf} looks at. */
export interface ProgressSource {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly generation: number;
  /** `spec.replicas`; a DaemonSet has none. */
  readonly replicas: number;
  readonly status: WorkloadStatus;
}

/** Reads the counts as `kubectl rollout status` does, and available rather than ready pods for StatefulSets as well. */
export function progressOf({ kind, generation, replicas, status }: ProgressSource): Progress {
  const isObserved = (status.observedGeneration ?? 0) >= generation;
  return kind === 'DaemonSet' ? ofDaemonSet(status, isObserved) : ofReplicas(status, replicas, isObserved);
}

function ofDaemonSet(status: WorkloadStatus, isObserved: boolean): Progress {
  const desired = status.desiredNumberScheduled ?? 0;
  return {
    desired,
    isUpdated: isObserved && (status.updatedNumberScheduled ?? 0) >= desired,
    isAvailable: (status.numberAvailable ?? 0) >= desired,
    isExceeded: false,
  };
}

function ofReplicas(status: WorkloadStatus, desired: number, isObserved: boolean): Progress {
  const updated = status.updatedReplicas ?? 0;
  const reason = status.conditions?.find(({ type }) => type === 'Progressing')?.reason;
  return {
    desired,
    isUpdated: isObserved && updated >= desired && (status.replicas ?? 0) === updated,
    isAvailable: (status.availableReplicas ?? 0) >= desired || reason === 'NewReplicaSetAvailable',
    isExceeded: isObserved && reason === 'ProgressDeadlineExceeded',
  };
}
