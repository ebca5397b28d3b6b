import type { Observed } from '../observed.ts';
import type { Held } from '../verdict.ts';
import { contest, type Repair, repairOf } from './repair.ts';
import { isLost, type Restoration, restorationOf } from './restore.ts';

/** What is done about the Secret without an order. */
export type Mending = { readonly step: 'takeStrays' } | Repair | Restoration;

/** What is done about the Secret without an order, or why that has to wait. */
export function mend(seen: Observed, now: Date, held: Held | undefined): Mending | Held | undefined {
  const mayAsk = held === undefined && seen.issuer.state === 'ready';
  const mending = mendingOf(seen, now, mayAsk);
  if (mending === undefined && !isLost(seen)) return undefined;
  return contest(seen, now) ?? refusedSecret(held) ?? mending;
}

function mendingOf(seen: Observed, now: Date, mayAsk: boolean): Mending | undefined {
  const { secret } = seen;
  if (secret.kind === 'ours' && secret.strays !== undefined) return { step: 'takeStrays' };
  return (isLost(seen) ? restorationOf(seen, now, mayAsk) : undefined) ?? repairOf(seen, now);
}

/** Whatever else failed does not hold up what needs no CA. */
export function refusedSecret(held: Held | undefined): Held | undefined {
  return held?.blocker.reason === 'SecretRefused' ? held : undefined;
}
