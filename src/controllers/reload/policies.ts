import { type ConsumedSecret, type Observed, type Probed, probeKey } from './observed.ts';
import type { PodRow } from './rows.ts';

/** A pod that started this long before the issuance, or longer, has read the certificate before; clocks differ by less. */
const startMarginMs = 2_000;

/** So many answers in a row make a finding of what one answer could owe to a moment's trouble. */
const missesThatCount = 3;

/** A StatefulSet or DaemonSet that shows no progress for so long has failed, as with `progressDeadlineSeconds`. */
export const rolloutDeadlineMs = 600_000;

/**
 * What is known of a leaf at a pod. `unverifiable`: the pod cannot be probed, or what it serves under the name is the leaf
 * of another Secret that it consumes, so that the port says nothing about this one. `pending`: no answer that counts yet.
 */
export type Finding = 'served' | 'other' | 'unreachable' | 'unverifiable' | 'pending';

/** Where the roll-out of the template in the spec stands. A failed one whose pods are all updated keeps nobody waiting. */
export type Stage = 'InProgress' | 'Failed' | 'Complete';

/** Judges what a pod serves for a Secret. */
export function findingOf(seen: Observed, pod: PodRow, secret: ConsumedSecret): Finding {
  const probed = seen.probes.get(probeKey(pod.uid, secret.name));
  if (probed === undefined) return 'unverifiable';
  const { answer } = probed;
  if (answer === undefined) return 'pending';
  if (answer.fingerprint === secret.fingerprint) return 'served';
  if (seen.secrets.some(({ fingerprint }) => fingerprint === answer.fingerprint)) return 'unverifiable';
  if (answer.fingerprint !== undefined && startedBefore(pod, secret) && !secret.isSettled) return 'other';
  if (answer.misses < missesThatCount) return 'pending';
  return answer.fingerprint === undefined ? 'unreachable' : 'other';
}

/**
 * The ready pods that hold an earlier certificate: they started before this one was issued and serve another leaf, or
 * cannot be asked. Where the status says already that the leaf has arrived, not being able to ask proves nothing.
 */
export function stalePods(seen: Observed, secret: ConsumedSecret): readonly PodRow[] {
  return seen.pods.filter((pod) => {
    if (!startedBefore(pod, secret)) return false;
    const finding = findingOf(seen, pod, secret);
    if (finding === 'served' || finding === 'pending') return false;
    return finding === 'other' || !secret.isSettled;
  });
}

/** Where the roll-out of the template stands, ours or the user's. */
export function stageOf({ workload, youngestPodAt }: Observed, now: Date): Stage {
  const { isUpdated, isAvailable, isExceeded } = workload.progress;
  if (isUpdated && isAvailable) return 'Complete';
  if (workload.kind === 'Deployment') return isExceeded ? 'Failed' : 'InProgress';
  return now.getTime() < deadline(workload.changedAt, youngestPodAt) ? 'InProgress' : 'Failed';
}

/** When the stage changes by the passing of time alone; `undefined`: never. */
export function stageEndsAt(seen: Observed, now: Date): Date | undefined {
  if (seen.workload.kind === 'Deployment' || stageOf(seen, now) !== 'InProgress') return undefined;
  return new Date(deadline(seen.workload.changedAt, seen.youngestPodAt));
}

/** Whether another roll-out would come on top of one that has not ended. */
export function isRollingOut(seen: Observed, now: Date): boolean {
  return stageOf(seen, now) === 'InProgress' || !seen.workload.progress.isUpdated;
}

const firstRetryMs = 2_000;
const recheckMs = 600_000;

/** When a target is to be asked next: at once, then 2, 4, 8 s after answers that are not the leaf, and every 10 minutes at rest. */
export function nextProbeAt({ answer }: Probed): Date | undefined {
  if (answer === undefined) return undefined;
  const wait = answer.misses === 0 ? recheckMs : Math.min(recheckMs, firstRetryMs * 2 ** (answer.misses - 1));
  return new Date(answer.at.getTime() + wait);
}

function startedBefore({ startedAt }: PodRow, { issuedAt }: ConsumedSecret): boolean {
  return startedAt !== undefined && startedAt.getTime() <= issuedAt.getTime() - startMarginMs;
}

function deadline(...times: readonly Date[]): number {
  return Math.max(...times.map((time) => time.getTime())) + rolloutDeadlineMs;
}
