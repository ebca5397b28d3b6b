import type { Intent, Observed, Refusal } from './observed.ts';
import type { Mending } from './secret/mend.ts';
import { type OwnStatus, ownStatusOf, sameStatus, statusOf } from './status.ts';
import type { VerbStep } from './verbs/verb-steps.ts';
import type { Blocker, Due, Verdict } from './verdict.ts';

/** The one thing to do next. A pass never does two. */
export type Plan =
  /** Nothing before `until`, unless something changes. */
  | { readonly step: 'rest'; readonly until: Date }
  | { readonly step: 'recordStatus'; readonly status: OwnStatus }
  | Mending
  | VerbStep
  | { readonly step: 'storeIntent'; readonly intent: Omit<Intent, 'replaces'> }
  | { readonly step: 'placeOrder'; readonly intent: Intent; readonly cause: Due }
  | { readonly step: 'answer'; readonly challenges: readonly string[] }
  | { readonly step: 'finalize' }
  | { readonly step: 'storeCertificate'; readonly cause: Due };

/** Records what is, if the status does not say so already; else rests until `until`. */
export function settle(seen: Observed, now: Date, verdict: Verdict, until: Date): Plan {
  const status = statusOf(seen, now, verdict);
  if (sameStatus(status, ownStatusOf(seen.certificate.status))) return { step: 'rest', until };
  return { step: 'recordStatus', status };
}

/** What a failed attempt leaves: its problem, when the next one is, and no live order. */
export function fail(
  seen: Observed,
  now: Date,
  blocker: Blocker,
  names: readonly Refusal[] = [],
): Extract<Plan, { step: 'recordStatus' }> {
  const status = statusOf(seen, now, { blocker, failure: { refused: names }, order: 'failed' });
  return { step: 'recordStatus', status };
}

/** When the certificate in use expires, since Ready changes then; far away where there is none or it has expired. */
export function expiry({ secret }: Observed, now: Date): Date {
  const notAfter = secret.kind === 'ours' ? secret.issued?.notAfter : undefined;
  return notAfter !== undefined && notAfter > now ? notAfter : after(now, 3_600_000);
}

/** The instant so much later. */
export function after(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

/** The earlier of two instants. */
export function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}
