import type { CertificateSpec } from '../../../api/index.ts';
import type { Issued, Suggested } from '../observed.ts';
import { spread } from '../spread.ts';
import { parseDuration } from './duration.ts';
import { MaintenanceWindows } from './maintenance.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const jitter = 0.02;
/** This share of what was left when a certificate was stored goes by before it is renewed. */
const leastShare = 0.05;
/** What the CA suggests waits for that as well, but no longer: a CA may revoke what it has just issued. */
const longestLeastMs = hourMs;
/** When this share of the lifetime is left nothing is waited for any more: neither a late window of the CA nor one of maintenance. */
const emergencyShare = 0.05;

/** What the time of a renewal follows from. */
export interface Timing {
  readonly issued: Pick<Issued, 'notBefore' | 'notAfter' | 'fingerprint'>;
  /** When the certificate was stored, where that is known. */
  readonly issuedAt: Date | undefined;
  readonly spec: Pick<CertificateSpec, 'renewBefore' | 'renewBeforePercentage' | 'renewal'>;
  /** What the CA suggests for this certificate, as far as it is known. */
  readonly suggested: Suggested | undefined;
  /** An order for it is on its way: no maintenance window is waited for any more. */
  readonly started: boolean;
  /** It was asked back: nothing but the CA has it renewed before so little is left that nothing is waited for any more. */
  readonly held: boolean;
}

/** When a certificate is renewed by itself. */
export interface Renewal {
  /** Whole seconds. */
  readonly at: Date;
  readonly due: boolean;
  /** It would go on if it were not for the maintenance windows. */
  readonly deferred: boolean;
  /** Why it is renewed then; completes "because …". */
  readonly why: string;
}

/** A time and where it comes from. */
interface Choice {
  readonly ms: number;
  /** Maintenance windows do not hold it up. */
  readonly urgent?: true;
  readonly why: (at: Date) => string;
}

/**
 * When a certificate is renewed; undefined where it never is by itself. Pure: processes that know the same agree on it.
 *
 * At once, where the CA asks for that. Else at a point of the window that the CA suggests (RFC 9773), which is this
 * certificate's own for as long as the window stays; without one when a third of the lifetime is left (a half below 10
 * days, Let's Encrypt's own rule), moved by up to 2 % so that a fleet issued together is not renewed together. Or earlier,
 * where `renewBefore` or `renewBeforePercentage` say so; without a window they are taken at their word. Unless they are later,
 * it is never later than when 5 % of the lifetime are left; maintenance windows are waited for until then.
 *
 * Never before a twentieth of what was left at `issuedAt` has gone by: a `renewBefore` of nearly the whole lifetime, which
 * CAs count from before they issue, would otherwise order again and again. For what the CA suggests an hour is enough.
 */
export function renewalOf(timing: Timing, now: Date): Renewal | undefined {
  const { spec, issued, started } = timing;
  if (spec.renewal?.policy === 'Disabled') return undefined;
  const { ms: wished, why, urgent = false } = choiceOf(timing);
  const nowMs = now.getTime();
  const tell = (ms: number, due: boolean): Renewal => {
    return { at: new Date(ms), due, deferred: !due && nowMs >= wished, why: why(new Date(wished)) };
  };
  const windows = spec.renewal?.windows ?? [];
  if (urgent || windows.length === 0) return tell(wished, nowMs >= wished);

  const latest = Math.max(wished, emergencyOf(issued));
  const maintenance = new MaintenanceWindows(windows, issued.fingerprint);
  const first = maintenance.next(wished, latest) ?? latest;
  if (nowMs < first) return tell(first, false);
  const goesOn = started || nowMs >= latest || maintenance.isOpen(nowMs);
  return goesOn ? tell(first, true) : tell(maintenance.next(nowMs, latest) ?? latest, false);
}

/** Without regard to maintenance windows. */
function choiceOf(timing: Timing): Choice {
  const choice = usualChoice(timing);
  if (!timing.held || choice.urgent === true) return choice;
  return { ...choice, ms: Math.max(choice.ms, emergencyOf(timing.issued)) };
}

function usualChoice({ issued, issuedAt, spec, suggested }: Timing): Choice {
  const end = issued.notAfter.getTime();
  const lifetime = end - issued.notBefore.getTime();
  const leastMs = issuedAt === undefined ? 0 : (end - issuedAt.getTime()) * leastShare;
  const notBefore = (ms: number, choice: Choice): Choice => {
    const soonest = issuedAt === undefined ? choice.ms : issuedAt.getTime() + ms;
    return { ...choice, ms: wholeSeconds(Math.max(soonest, choice.ms)) };
  };
  const inTime = (choice: Choice): Choice => ({ ...choice, ms: Math.min(choice.ms, emergencyOf(issued)) });

  const own = ownChoice(spec, end, lifetime);
  const ours = notBefore(leastMs, own ?? inTime(lifetimeChoice(issued, lifetime)));
  if (suggested === undefined) return ours;
  const theirs = inTime(suggestedChoice(suggested, issued.fingerprint));
  const byCA = notBefore(Math.min(leastMs, longestLeastMs), theirs);
  return byCA.urgent === true || own === undefined || byCA.ms <= ours.ms ? byCA : ours;
}

function suggestedChoice({ start, end, immediate, explanationURL }: Suggested, fingerprint: string): Choice {
  const page = explanationURL === undefined ? '' : ` (${explanationURL})`;
  const share = (spread(`${fingerprint}/window`) + 1) / 2;
  const ms = start.getTime() + share * (end.getTime() - start.getTime());
  if (immediate) return { ms, urgent: true, why: () => `the CA asks for its renewal at once${page}` };
  return { ms, why: (at) => `its renewal was due at ${at.toISOString()}, when the CA suggests it${page}` };
}

function ownChoice(spec: Timing['spec'], end: number, lifetime: number): Choice | undefined {
  const asked = renewBeforeMs(spec, lifetime);
  if (asked === undefined || asked <= 0 || asked >= lifetime) return undefined;
  return { ms: end - asked, why: plainly };
}

function lifetimeChoice(issued: Timing['issued'], lifetime: number): Choice {
  const left = lifetime < 10 * dayMs ? lifetime / 2 : lifetime / 3;
  return { ms: issued.notAfter.getTime() - left + spread(issued.fingerprint) * jitter * lifetime, why: plainly };
}

/** When so little is left that nothing is waited for any more; milliseconds since 1970, whole seconds. */
export function emergencyOf({ notBefore, notAfter }: Timing['issued']): number {
  return wholeSeconds(notAfter.getTime() - (notAfter.getTime() - notBefore.getTime()) * emergencyShare);
}

function plainly(at: Date): string {
  return `its renewal was due at ${at.toISOString()}`;
}

function renewBeforeMs({ renewBefore, renewBeforePercentage }: Timing['spec'], lifetime: number): number | undefined {
  if (renewBefore !== undefined) return parseDuration(renewBefore);
  if (renewBeforePercentage !== undefined) return (renewBeforePercentage / 100) * lifetime;
  return undefined;
}

/** What a status can hold: so nothing is due a moment after the time that it tells. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
