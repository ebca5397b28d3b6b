import type { IssuerStatus } from '../../api/index.ts';
import { isRecordedAccount } from '../issuer-row.ts';
import { emailOf, termsHeldBack } from './account-lookups.ts';
import type { AccountSeen, KeySeen, Observed } from './observed.ts';
import { type Rollover, rolloverOf } from './rollover.ts';
import { sameStatus, saysReady, statusOf, type Verdict } from './status.ts';
import {
  accountEnded,
  accountUnknown,
  heldBack,
  keyInvalid,
  keyMissing,
  ready,
  refused,
  refusedBinding,
  unavailable,
} from './verdicts.ts';

/** The one thing to do next. */
export type Plan =
  | { readonly step: Step }
  | { readonly step: 'recordStatus'; readonly status: IssuerStatus }
  | { readonly step: 'rest'; readonly until: Date };

/** What needs nothing but what was observed. */
export type Step =
  | 'createKey'
  /** Another key in the place of one whose account was ended. */
  | 'replaceKey'
  | 'createAccount'
  | 'updateContact'
  | 'deactivateAccount'
  | Extract<Rollover, { state: 'step' }>['step'];

type ReadableKey = Extract<KeySeen, { state: 'readable' }>;
type Known = Extract<AccountSeen, { state: 'known' }>;
/** `keep`: the status stands. It is for an account that was ready and of which nothing new is known. */
type Judgement = Verdict | { readonly step: Step } | 'keep';

/** Secrets are read by name, so a change of one is noticed by looking: seldom while all is well. */
const lookAgainMs = { ready: 10 * 60_000, blocked: 60_000 };
const noRollover: Rollover = { state: 'none' };

/** What is to be asked of the CA about the account before a plan is made. */
export function wantsLookup(
  { issuer, accountKey, account }: Pick<Observed, 'issuer' | 'accountKey' | 'account'>,
  now: Date,
): boolean {
  if (accountKey.state !== 'readable') return false;
  if (account.askAgainAt <= now) return true;
  if (account.state !== 'unasked' || saysHeldBack(issuer)) return false;
  return !saysReady({ issuer }, accountKey) || isAskedFor(issuer, accountKey);
}

/** Whether an account is to be made, as far as the CA's answer goes: then its external binding is read. */
export function wantsAccount({ account, issuer }: Pick<Observed, 'account' | 'issuer'>): boolean {
  return account.state === 'unknown' && !termsHeldBack(issuer);
}

/** Whether a user's word waits for what only the CA knows. */
function isAskedFor({ verbs, status }: Observed['issuer'], { thumbprint, next }: ReadableKey): boolean {
  const { uri, termsOfService } = status.acme ?? {};
  const agrees = verbs.agree !== undefined && verbs.agree !== termsOfService;
  return (
    agrees || verbs.rollover === thumbprint || next !== undefined || (uri !== undefined && verbs.deactivate === uri)
  );
}

/** Decides the next step for an issuer. Pure: same observation, same instant, same plan. */
export function plan(seen: Observed, now: Date): Plan {
  const rollover = seen.accountKey.state === 'readable' ? rolloverOf(seen, seen.accountKey, now) : noRollover;
  const judged = judge(seen, rollover);
  if (judged !== 'keep' && 'step' in judged) return judged;
  if (judged !== 'keep') {
    const status = statusOf(seen, judged, now);
    if (!sameStatus(status, seen.issuer.status)) return { step: 'recordStatus', status };
  }
  return { step: 'rest', until: restUntil(seen, judged === 'keep' || judged.ready, rollover, now) };
}

function restUntil({ account, accountKey }: Observed, isReady: boolean, rollover: Rollover, now: Date): Date {
  const looks = [new Date(now.getTime() + (isReady ? lookAgainMs.ready : lookAgainMs.blocked))];
  if (accountKey.state === 'readable') looks.push(account.askAgainAt);
  if ('until' in rollover) looks.push(rollover.until);
  return looks.reduce((first, next) => (next < first ? next : first));
}

function judge(seen: Observed, rollover: Rollover): Judgement {
  const { issuer, accountKey: key } = seen;
  if (key.state === 'absent') return withoutKey(seen);
  if (key.state === 'unreadable') return keyInvalid(key.why);
  if (termsHeldBack(issuer)) return heldBack(seen);
  if (rollover.state === 'step' && (rollover.step === 'switchKey' || rollover.step === 'dropNextKey')) return rollover;
  return judgeAccount(seen, key, rollover);
}

/** What the CA said of the account, in the end. */
function judgeAccount(seen: Observed, key: ReadableKey, rollover: Rollover): Judgement {
  const { account } = seen;
  switch (account.state) {
    case 'unasked':
      return 'keep';
    case 'known':
      return account.account.status === 'valid' ? withAccount(seen, account, rollover) : ended(seen, account);
    case 'unknown':
      return withoutAccount(seen, account, key);
    case 'unavailable':
      return saysReady(seen, key) && !account.misconfigured ? 'keep' : unavailable(account);
    case 'refused':
      if (saysReady(seen, key) && account.passing) return 'keep';
      return account.type === 'unauthorized' ? endedKey(seen) : refused(account);
  }
}

/** A key that was lost is made anew only on the user's word, because a new account comes with it. */
function withoutKey(seen: Observed): Judgement {
  const { verbs, status, spec } = seen.issuer;
  const isLost = isRecordedAccount(seen.issuer) && verbs.newAccount !== status.acme?.uri;
  return isLost || spec.acme.disableAccountKeyGeneration === true ? keyMissing(seen) : { step: 'createKey' };
}

function withoutAccount(
  seen: Observed,
  { directory }: Extract<AccountSeen, { state: 'unknown' }>,
  key: ReadableKey,
): Judgement {
  const { issuer, next, binding } = seen;
  if (next !== undefined && 'why' in next) {
    // The CA may know the account by the next key already.
    if (saysReady(seen, key)) return 'keep';
    return next.state === 'unavailable' ? unavailable(next) : refused(next);
  }
  const { uri } = issuer.status.acme ?? {};
  if (uri !== undefined && isRecordedAccount(issuer) && issuer.verbs.newAccount !== uri) {
    return accountUnknown(seen, uri);
  }
  return refusedBinding(binding, directory.externalAccountRequired) ?? { step: 'createAccount' };
}

function withAccount(seen: Observed, known: Known, rollover: Rollover): Judgement {
  const { issuer } = seen;
  if (issuer.verbs.deactivate === known.account.url) return { step: 'deactivateAccount' };
  if (known.contactRefused === undefined && contactOf(seen, known) !== emailOf(issuer))
    return { step: 'updateContact' };
  return rollover.state === 'step' ? rollover : ready(seen, known, rollover);
}

/** The address that the account was last given, as far as is known. */
function contactOf({ issuer }: Observed, { account, registeredEmail }: Known): string {
  const { uri, lastRegisteredEmail = '' } = issuer.status.acme ?? {};
  return registeredEmail ?? (uri === account.url ? lastRegisteredEmail : '');
}

function ended(seen: Observed, { account }: Known): Judgement {
  return anew(seen, account.url) ?? accountEnded(seen, account.url);
}

/** What Let's Encrypt says of the key of an account that was deactivated. */
function endedKey(seen: Observed): Judgement {
  const uri = isRecordedAccount(seen.issuer) ? seen.issuer.status.acme?.uri : undefined;
  return (uri === undefined ? undefined : anew(seen, uri)) ?? accountEnded(seen, uri);
}

/** The key of an account that was ended is of no use: the one of the next account takes its place. */
function anew({ issuer, accountKey: key }: Observed, uri: string): Judgement | undefined {
  const mayReplace = key.state === 'readable' && key.secret.ours;
  return issuer.verbs.newAccount === uri && mayReplace ? { step: 'replaceKey' } : undefined;
}

function saysHeldBack({ status, generation }: Observed['issuer']): boolean {
  const condition = status.conditions?.find(({ type }) => type === 'Ready');
  return status.observedGeneration === generation && condition?.reason === 'TermsNotAgreed';
}
