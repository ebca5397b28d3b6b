import { annotations, labels, timeOf } from '../../api/index.ts';
import {
  daemonSets,
  deployments,
  type KubeObject,
  keyOf,
  type ObjectMeta,
  pods,
  type Resource,
  type Source,
  secrets,
  statefulSets,
} from '../../kube/index.ts';
import { consumedSecrets, type PodTemplate, tlsPort } from './pod-template.ts';
import { type Progress, progressOf, type WorkloadStatus } from './progress.ts';

/** The kinds of workloads that are rolled. */
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

/** What keeps a change of the pod template from reaching the pods: the user's own wish, which is not fought. */
export type Hold = 'Paused' | 'OnDelete' | 'Partition';

/** What is kept of a Deployment, StatefulSet or DaemonSet. */
export interface WorkloadRow {
  /** `<kind>/<namespace>/<name>`. */
  readonly key: string;
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly deleting: boolean;
  /** Names of the Secrets that its pods read; sorted. */
  readonly secretNames: readonly string[];
  /** The port on which its pods serve TLS, where it is plain. */
  readonly tlsPort: number | undefined;
  /** The annotation `evercert.dev/certificates` of its pod template: a record and a lever, never a trigger. */
  readonly record: string | undefined;
  readonly hold: Hold | undefined;
  readonly progress: Progress;
  /** When anybody last changed anything but its status; the epoch where that is not recorded. */
  readonly changedAt: Date;
}

/** What is kept of a running pod. */
export interface PodRow {
  readonly name: string;
  readonly uid: string;
  /** Key of the workload that it belongs to (see {@link WorkloadRow.key}); `undefined` for pods of other owners. */
  readonly workload: string | undefined;
  readonly createdAt: Date;
  /** Ready and not being deleted: the pods that clients reach. */
  readonly serving: boolean;
  /** The earliest start of the containers that run now; what was read before it is gone. */
  readonly startedAt: Date | undefined;
  readonly address: string | undefined;
}

/** What is kept of a Secret of ours: its metadata says which certificate it holds. */
export interface SecretRow {
  readonly key: string;
  readonly certificateUID: string;
  /** The leaf that it holds; `undefined` while it holds none. */
  readonly leaf: Leaf | undefined;
}

/** A leaf, as the annotations of its Secret tell it. */
export interface Leaf {
  readonly fingerprint: string;
  readonly issuedAt: Date;
}

/** The Secrets of ours, as metadata alone. */
export const secretSource: Source<SecretRow> = {
  resource: secrets,
  labelSelector: labels.certificateUID,
  metadataOnly: true,
  project: projectSecret,
};

export const deploymentSource = workloadSource(deployments, 'Deployment');
export const statefulSetSource = workloadSource(statefulSets, 'StatefulSet');
export const daemonSetSource = workloadSource(daemonSets, 'DaemonSet');

/** The pods that run: what has not started, or has ended, serves nothing. Found by their workload. */
export const podSource: Source<PodRow> = {
  resource: pods,
  fieldSelector: 'status.phase=Running',
  project: projectPod,
  indexes: { workload: (row) => (row.workload === undefined ? [] : [row.workload]) },
};

interface Workload extends KubeObject {
  readonly spec?: {
    readonly template?: PodTemplate;
    readonly paused?: boolean;
    readonly replicas?: number;
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
  };
  readonly status?: WorkloadStatus;
}

interface Pod extends KubeObject {
  readonly status?: {
    readonly podIP?: string;
    readonly startTime?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly state?: { readonly running?: { readonly startedAt?: string } };
}

function workloadSource(resource: Resource, kind: WorkloadKind): Source<WorkloadRow> {
  return {
    resource,
    project: (object) => projectWorkload(object, kind),
    indexes: { secret: (row) => row.secretNames.map((name) => keyOf({ namespace: row.namespace, name })) },
  };
}

/** Reads a workload into its row. */
export function projectWorkload(object: KubeObject, kind: WorkloadKind): WorkloadRow {
  const { metadata, spec = {}, status = {} } = object as Workload;
  const { template = {}, replicas = 1 } = spec;
  const generation = metadata.generation ?? 0;
  const namespace = metadata.namespace ?? '';
  return {
    key: workloadKey(kind, namespace, metadata.name),
    kind,
    namespace,
    name: metadata.name,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    deleting: metadata.deletionTimestamp !== undefined,
    secretNames: consumedSecrets(template),
    tlsPort: tlsPort(template),
    record: template.metadata?.annotations?.[annotations.reloadDigest],
    hold: holdOf(spec),
    progress: progressOf({ kind, generation, replicas, status }),
    changedAt: changedAt(metadata),
  };
}

/** Reads a pod into its row. */
export function projectPod(object: KubeObject): PodRow {
  const { metadata, status = {} } = object as Pod;
  const ready = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    workload: workloadOf(metadata),
    createdAt: new Date(metadata.creationTimestamp ?? 0),
    serving: ready && metadata.deletionTimestamp === undefined,
    startedAt: startedAt(status),
    address: status.podIP,
  };
}

function projectSecret({ metadata }: KubeObject, key = keyOf(metadata)): SecretRow {
  return new LeanSecretRow(metadata, key);
}

/** There may be 100,000, and a Date takes more than all of this. */
class LeanSecretRow implements SecretRow {
  readonly key: string;
  readonly certificateUID: string;
  readonly #fingerprint: string | undefined;
  readonly #issuedAtMs: number | undefined;

  constructor(metadata: ObjectMeta, key: string) {
    this.key = key;
    this.certificateUID = metadata.labels?.[labels.certificateUID] ?? '';
    this.#fingerprint = metadata.annotations?.[annotations.fingerprint];
    this.#issuedAtMs = timeOf(metadata.annotations?.[annotations.issuedAt])?.getTime();
  }

  get leaf(): Leaf | undefined {
    const [fingerprint, issuedAtMs] = [this.#fingerprint, this.#issuedAtMs];
    if (fingerprint === undefined || issuedAtMs === undefined) return undefined;
    return { fingerprint, issuedAt: new Date(issuedAtMs) };
  }
}

function holdOf({ paused, updateStrategy }: NonNullable<Workload['spec']>): Hold | undefined {
  if (paused === true) return 'Paused';
  if (updateStrategy?.type === 'OnDelete') return 'OnDelete';
  return (updateStrategy?.rollingUpdate?.partition ?? 0) > 0 ? 'Partition' : undefined;
}

function workloadOf({ namespace = '', ownerReferences = [], labels: own = {} }: ObjectMeta): string | undefined {
  const owner = ownerReferences.find(({ controller }) => controller === true);
  switch (owner?.kind) {
    case 'StatefulSet':
    case 'DaemonSet':
      return workloadKey(owner.kind, namespace, owner.name);
    case 'ReplicaSet':
      return deploymentOf(namespace, owner.name, own['pod-template-hash'] ?? '');
    case undefined:
    default:
      return undefined;
  }
}

/** A ReplicaSet of a Deployment is named after it and the hash in the label of its pods. */
function deploymentOf(namespace: string, replicaSet: string, hash: string): string | undefined {
  const suffix = `-${hash}`;
  return hash !== '' && replicaSet.endsWith(suffix)
    ? workloadKey('Deployment', namespace, replicaSet.slice(0, -suffix.length))
    : undefined;
}

function workloadKey(kind: WorkloadKind, namespace: string, name: string): string {
  return `${kind}/${keyOf({ namespace, name })}`;
}

function startedAt({ containerStatuses = [], initContainerStatuses = [], startTime }: NonNullable<Pod['status']>) {
  const starts = [...containerStatuses, ...initContainerStatuses]
    .map(({ state }) => timeOf(state?.running?.startedAt))
    .filter((start) => start !== undefined);
  return starts.toSorted((a, b) => a.getTime() - b.getTime())[0] ?? timeOf(startTime);
}

function changedAt({ managedFields = [], creationTimestamp }: ObjectMeta): Date {
  const times = [creationTimestamp, ...managedFields.map(changeTimeOf)].map((time) => timeOf(time)?.getTime() ?? 0);
  return new Date(Math.max(...times));
}

/** The time in an entry of `managedFields` that is not about the status. */
function changeTimeOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null || ('subresource' in entry && entry.subresource !== '')) {
    return undefined;
  }
  return 'time' in entry && typeof entry.time === 'string' ? entry.time : undefined;
}
