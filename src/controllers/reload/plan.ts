import type { ConsumedSecret, Observed, Target } from './observed.ts';
import { isRollingOut, nextProbeAt, stalePods } from './policies.ts';

/** Secrets that are renewed within this time of each other make one roll-out. */
export const debounceMs = 3_000;

/** The one thing to do next for a workload. */
export type Plan =
  /** Ask pods what they serve; the answers wake the workload again. */
  | { readonly step: 'probe'; readonly targets: readonly Target[] }
  /** Write the digest into the pod template. */
  | { readonly step: 'rollOut'; readonly secrets: readonly ConsumedSecret[] }
  /** Nothing before `until`, or before something changes. */
  | { readonly step: 'rest'; readonly until: Date | undefined };

/**
 * Decides the next step for a workload. Pure: same observation, same instant, same plan.
 *
 * The trigger is a ready pod that holds an earlier certificate. The annotation in the template is never a trigger; where
 * it has the wanted value already, a roll-out for this set of leaves has been made, and writing it again would make none.
 */
export function plan(seen: Observed, now: Date): Plan {
  const due = dueTargets(seen, now);
  if (due.length > 0) return { step: 'probe', targets: due };

  const probeAt = earliest([...seen.probes.values()].filter(({ isAsked }) => !isAsked).map(nextProbeAt));
  const stale = seen.secrets.filter((secret) => !secret.isLeftAlone && stalePods(seen, secret).length > 0);
  if (stale.length === 0 || !canRollOut(seen, now)) return { step: 'rest', until: probeAt };

  const quietAt = quietFrom(seen.secrets, now);
  if (quietAt !== undefined) return { step: 'rest', until: earliest([quietAt, probeAt]) };
  return { step: 'rollOut', secrets: stale };
}

function dueTargets({ probes }: Observed, now: Date): Target[] {
  return [...probes.values()]
    .filter((probed) => !probed.isAsked && (nextProbeAt(probed) ?? now) <= now)
    .map(({ target }) => target);
}

function canRollOut(seen: Observed, now: Date): boolean {
  const { workload, digest } = seen;
  return !workload.deleting && workload.hold === undefined && workload.record !== digest && !isRollingOut(seen, now);
}

/** When no Secret will have been renewed just now. A time that lies further ahead is a wrong clock, not worth waiting for. */
function quietFrom(secrets: readonly ConsumedSecret[], now: Date): Date | undefined {
  const ends = secrets
    .map(({ issuedAt }) => issuedAt.getTime() + debounceMs)
    .filter((end) => end > now.getTime() && end <= now.getTime() + 2 * debounceMs);
  return ends.length === 0 ? undefined : new Date(Math.max(...ends));
}

/** The earliest of the times that are given. */
export function earliest(times: readonly (Date | undefined)[]): Date | undefined {
  const known = times.filter((time) => time !== undefined).map((time) => time.getTime());
  return known.length === 0 ? undefined : new Date(Math.min(...known));
}
