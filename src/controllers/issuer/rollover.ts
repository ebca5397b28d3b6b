import { timeOf } from '../../api/index.ts';
import { ordersHeldUntil } from '../issuer-row.ts';
import type { KeySeen, Observed } from './observed.ts';

type ReadableKey = Extract<KeySeen, { state: 'readable' }>;

/**
 * Orders that were being placed when the hold began are recorded by then, or come to nothing: also those of somebody who
 * hears of it late, since a watch that has fallen silent is opened anew after 75 s.
 */
const graceMs = 90_000;
/** Orders that are open for longer are given up: they are dropped, and placed anew with the new key. */
const drainMs = 15 * 60_000;
/** From one begin to the next, where it came to nothing. */
const againMs = 80 * 60_000;
const lookAgainMs = 5_000;

/** What a change of the account's key comes to. */
export type Rollover =
  /** Nobody asks for one, and none is under way. */
  | { readonly state: 'none' }
  /** The next step of it. */
  | { readonly state: 'step'; readonly step: 'storeNextKey' | 'changeKey' | 'switchKey' | 'dropNextKey' }
  /** Orders are held back since then; looked at again at `until`. */
  | { readonly state: 'held'; readonly since: Date; readonly until: Date; readonly why: string }
  /** It does not go on, and holds nothing back; `stalled`: a person is needed. `since`: when it was begun that came to nothing. */
  | {
      readonly state: 'refused';
      readonly why: string;
      readonly until: Date;
      readonly stalled: boolean;
      readonly since?: Date;
    };

/**
 * How the change of an account's key goes on (RFC 8555 section 7.3.5). The open orders are finished first, because their
 * challenges are answered with the thumbprint of the key; the next key is stored before the CA hears of it, and used once the
 * CA knows the account by it, so that a crash in between loses nothing. Pure.
 */
export function rolloverOf(seen: Observed, key: ReadableKey, now: Date): Rollover {
  const asked = seen.issuer.verbs.rollover === key.thumbprint;
  if (key.next !== undefined) {
    const proven = provenOf(seen, now);
    if (proven !== undefined) return proven;
    if (!asked) return { state: 'step', step: 'dropNextKey' };
  }
  if (!asked) return { state: 'none' };
  if (!key.secret.ours) return notOurs(seen, now);
  return phaseOf(seen, key, now);
}

/** What the CA says of the next key; undefined where it does not know it. */
function provenOf({ issuer, account, next, secretNamespace }: Observed, now: Date): Rollover | undefined {
  if (next === undefined || next.state === 'unknown') return undefined;
  if (next.state !== 'known') {
    const { askAgainAt: until } = next;
    const why = 'why' in next ? next.why : 'it has not been asked yet';
    const since = heldSince(issuer, now);
    const isRefused = next.state === 'refused' && !next.passing;
    // It may have done what it was asked, unheard: no order is to be signed with a key that it does not know any more.
    if (!isRefused && since !== undefined) return { state: 'held', since, until, why };
    return { state: 'refused', why, until, stalled: false };
  }
  const url = account.state === 'known' ? account.account.url : issuer.status.acme?.uri;
  if (url === undefined || url === next.account.url) return { state: 'step', step: 'switchKey' };
  const { name, key = 'tls.key' } = issuer.spec.acme.privateKeySecretRef;
  const why = `the Secret ${secretNamespace}/${name} holds in ${key}.next the key of another account, ${next.account.url}; remove that entry`;
  return { state: 'refused', why, until: next.askAgainAt, stalled: true };
}

function notOurs({ issuer, secretNamespace }: Observed, now: Date): Rollover {
  const { name } = issuer.spec.acme.privateKeySecretRef;
  const why = `the Secret ${secretNamespace}/${name} was not made by Evercert; to let it change the key: kubectl annotate secret -n ${secretNamespace} ${name} evercert.dev/adopt=true`;
  return { state: 'refused', why, until: later(now, 60_000), stalled: true };
}

function phaseOf({ issuer, openOrders }: Observed, key: ReadableKey, now: Date): Rollover {
  const begun = timeOf(issuer.status.acme?.rollover?.since);
  if (begun === undefined || now >= later(begun, againMs)) return held(now, now);
  if (heldSince(issuer, now) === undefined) {
    const why = 'the CA could not be asked in time; it is tried again later';
    return { state: 'refused', why, until: later(begun, againMs), stalled: false, since: begun };
  }
  const isDrained = openOrders === 0 && now >= later(begun, graceMs);
  if (!isDrained && now < later(begun, drainMs)) return held(begun, now);
  return { state: 'step', step: key.next === undefined ? 'storeNextKey' : 'changeKey' };
}

function held(since: Date, now: Date): Rollover {
  const why = 'the orders that are open are finished first, for a quarter of an hour at most';
  return { state: 'held', since, until: later(now, lookAgainMs), why };
}

/** Since when no order is placed; undefined where one may be. */
function heldSince({ status }: Observed['issuer'], now: Date): Date | undefined {
  return ordersHeldUntil({ status }, now) === undefined ? undefined : timeOf(status.acme?.rollover?.since);
}

function later(time: Date, ms: number): Date {
  return new Date(time.getTime() + ms);
}
