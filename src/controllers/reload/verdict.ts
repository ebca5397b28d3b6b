import type { CertificateStatus } from '../../api/index.ts';
import { type ConsumedSecret, type Observed, probeKey } from './observed.ts';
import { type Finding, findingOf, stageEndsAt, stageOf, stalePods } from './policies.ts';
import type { Hold, PodRow, WorkloadRow } from './rows.ts';

/** What `status.reload.workloads` says of one workload. */
export type WorkloadState = NonNullable<NonNullable<CertificateStatus['reload']>['workloads']>[number];

/** How far one leaf has reached the clients of one workload. */
export interface Verdict {
  /** `Unknown`: not to be told yet, so what was said stands. `Idle`: it wants no pods, so nobody is served. */
  readonly state: WorkloadState['state'] | 'Unknown' | 'Idle';
  readonly problem?: string;
  /** When time alone may change the verdict. */
  readonly until?: Date | undefined;
}

/** What each hold is, and how a person ends it. */
const holds: Readonly<Record<Hold, string>> = {
  Paused: 'it is paused, so it is not rolled out: resume it with kubectl rollout resume',
  OnDelete: 'its update strategy is OnDelete, so it is not rolled out: delete its pods one by one',
  Partition: 'its update strategy has a partition, so it is not rolled out: set the partition to 0',
};

/** Judges one workload for one of its Secrets. Pure. */
export function verdictOf(seen: Observed, secret: ConsumedSecret, now: Date): Verdict {
  const stage = stageOf(seen, now);
  const stale = stalePods(seen, secret)[0];
  if (stale !== undefined && !isBeyondUs(seen, stage)) return staleVerdict(seen, secret, stale, now);
  if (!secret.isSettled && stage === 'InProgress') return { state: 'RollingOut', until: stageEndsAt(seen, now) };
  if (!secret.isSettled && stage === 'Failed') return failed(seen.workload);
  if (seen.pods.length === 0) return { state: seen.workload.progress.desired === 0 ? 'Idle' : 'Unknown' };
  return servedVerdict(seen, secret);
}

/** Rolled out to the end for these leaves, and yet a pod is older than its certificate: a node's clock is wrong. */
function isBeyondUs({ workload, digest }: Observed, stage: string): boolean {
  return workload.record === digest && stage === 'Complete' && workload.hold === undefined;
}

function staleVerdict(seen: Observed, secret: ConsumedSecret, pod: PodRow, now: Date): Verdict {
  const { workload } = seen;
  const old = `pod ${pod.name} still has an earlier certificate`;
  if (workload.hold !== undefined) return { state: 'NotServed', problem: `${old}; ${holds[workload.hold]}` };
  if (secret.isLeftAlone) return { state: 'NotServed', problem: `${old}, and its reload strategy is None` };
  if (stageOf(seen, now) === 'Failed' && !workload.progress.isUpdated) return failed(workload);
  return { state: 'RollingOut', until: stageEndsAt(seen, now) };
}

function failed({ kind }: WorkloadRow): Verdict {
  const problem =
    kind === 'Deployment'
      ? 'its roll-out exceeded progressDeadlineSeconds'
      : 'its roll-out has made no progress for 10 minutes';
  return { state: 'RolloutFailed', problem: `${problem}: look at its pods` };
}

function servedVerdict(seen: Observed, secret: ConsumedSecret): Verdict {
  const found = new Map<Finding, PodRow>();
  for (const pod of seen.pods.toReversed()) found.set(findingOf(seen, pod, secret), pod);
  const other = found.get('other');
  if (other !== undefined) return { state: 'NotServed', problem: `pod ${other.name} serves another certificate` };
  const unreachable = found.get('unreachable');
  if (unreachable !== undefined) {
    const why = seen.probes.get(probeKey(unreachable.uid, secret.name))?.answer?.problem ?? 'no answer';
    return { state: 'NotProbed', problem: `pod ${unreachable.name} cannot be asked over TLS: ${why}` };
  }
  if (found.has('pending')) return { state: 'Unknown' };
  return { state: found.has('unverifiable') ? 'RolledOutUnverified' : 'Served' };
}
