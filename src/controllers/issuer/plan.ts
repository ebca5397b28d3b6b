import { type IssuerStatus, isCarriedOut, solverKindOf } from '../../api/index.ts';
import type { AccountSeen, BindingSeen, KeySeen, Observed } from './observed.ts';
import { sameStatus, saysReady, statusOf, type Verdict } from './status.ts';

/** The one thing to do next. */
export type Plan =
  | { readonly step: 'createKey' }
  | { readonly step: 'createAccount' }
  | { readonly step: 'recordStatus'; readonly status: IssuerStatus }
  | { readonly step: 'rest'; readonly until: Date };

/** Secrets are read by name, so a change of one is noticed by looking: seldom while all is well. */
const lookAgainMs = { ready: 10 * 60_000, blocked: 60_000 };

/** What is to be asked of the CA before a plan is made. */
export function wantsLookup({ issuer, accountKey, account }: Omit<Observed, 'binding'>, now: Date): boolean {
  if (accountKey.state !== 'readable') return false;
  if (account.askAgainAt <= now) return true;
  return account.state === 'unasked' && !saysReady({ issuer }, accountKey) && !saysHeldBack(issuer);
}

/** Whether an account is to be made, as far as the CA's answer goes: then its external binding is read. */
export function wantsAccount({ account, issuer }: Pick<Observed, 'account' | 'issuer'>): boolean {
  return account.state === 'unknown' && issuer.spec.acme.termsOfServiceAgreed !== false;
}

/** Decides the next step for an issuer. Pure: same observation, same instant, same plan. */
export function plan(seen: Observed, now: Date): Plan {
  if (seen.accountKey.state === 'absent') return { step: 'createKey' };
  const verdict = judge(seen, seen.accountKey);
  if (verdict === 'createAccount') return { step: 'createAccount' };
  if (verdict !== 'keep') {
    const status = statusOf(seen, verdict, now);
    if (!sameStatus(status, seen.issuer.status)) return { step: 'recordStatus', status };
  }
  const isReady = verdict === 'keep' || verdict.ready;
  const lookAgainAt = new Date(now.getTime() + (isReady ? lookAgainMs.ready : lookAgainMs.blocked));
  const { askAgainAt } = seen.account;
  const asks = seen.accountKey.state === 'readable' && askAgainAt < lookAgainAt;
  return { step: 'rest', until: asks ? askAgainAt : lookAgainAt };
}

/** `keep`: the status stands. It is for an account that was ready and of which nothing new is known. */
function judge(seen: Observed, key: Exclude<KeySeen, { state: 'absent' }>): Verdict | 'createAccount' | 'keep' {
  const { issuer, account } = seen;
  if (key.state === 'unreadable') {
    const message = `${key.why}. It is never overwritten: put an ECDSA P-256 key in PEM there, or delete the Secret, and a new key and a new account are made.`;
    return { ready: false, reason: 'AccountKeyInvalid', stalled: true, message };
  }
  if (issuer.spec.acme.termsOfServiceAgreed === false) return heldBack(seen);
  switch (account.state) {
    case 'unasked':
      return 'keep';
    case 'known':
      return account.account.status === 'valid' ? ready(seen) : notValid(seen, account);
    case 'unknown':
      return noAccount(seen, account, key);
    case 'unavailable':
      return saysReady(seen, key) && !account.misconfigured ? 'keep' : unavailable(account);
    case 'refused':
      return saysReady(seen, key) && account.passing ? 'keep' : refused(account);
  }
}

function ready(seen: Observed): Verdict {
  const { solvers = [] } = seen.issuer.spec.acme;
  const left = solvers.flatMap((solver, index) =>
    isCarriedOut(solver) ? [] : [`spec.acme.solvers[${index}] (${solverKindOf(solver)})`],
  );
  const message =
    left.length === 0
      ? 'The account is ready.'
      : `The account is ready. This version does not carry out ${left.join(', ')}: names that it is for get no route and no certificate.`;
  return { ready: true, account: seen.account, message };
}

function heldBack({ account, issuer }: Observed): Verdict {
  const directory = 'directory' in account ? account.directory : undefined;
  const termsOfService = directory?.termsOfService ?? issuer.status.acme?.termsOfService;
  const where = termsOfService === undefined ? '' : ` at ${termsOfService}`;
  const message = `The account is held back, because spec.acme.termsOfServiceAgreed is false. Read the terms of the CA${where}, then set it to true or leave it out.`;
  return { ready: false, reason: 'TermsNotAgreed', stalled: true, message, termsOfService };
}

function noAccount(
  seen: Observed,
  { directory }: Extract<AccountSeen, { state: 'unknown' }>,
  key: Extract<KeySeen, { state: 'readable' }>,
): Verdict | 'createAccount' {
  const { issuer, binding } = seen;
  if (hasLostAccount(seen, key)) {
    const message = `The CA no longer knows the account ${issuer.status.acme?.uri ?? ''}. ${registerAnew(seen)}`;
    return { ready: false, reason: 'AccountRefused', stalled: true, message };
  }
  return refusedBinding(binding, directory.externalAccountRequired) ?? 'createAccount';
}

function refusedBinding(binding: BindingSeen, required: boolean): Verdict | undefined {
  const blocked = { ready: false, stalled: true } as const;
  if (binding.state === 'unreadable') {
    const message = `${binding.why}. Put the HMAC key that the CA told you there, base64url as it is, or name another Secret in spec.acme.externalAccountBinding.keySecretRef.`;
    return { ...blocked, reason: 'AccountKeyInvalid', message };
  }
  if (binding.state === 'readable' || !required) return undefined;
  const message =
    'The CA makes accounts only for accounts that it has already: set spec.acme.externalAccountBinding to the key identifier and the HMAC key that it told you.';
  return { ...blocked, reason: 'AccountRefused', message };
}

/** An account once ready with this key at this CA is not made anew in silence: its URL may be what CAA records name (RFC 8657). */
function hasLostAccount({ issuer: { status, spec } }: Observed, key: Extract<KeySeen, { state: 'readable' }>): boolean {
  const { uri, keyThumbprint } = status.acme ?? {};
  if (uri === undefined || keyThumbprint !== key.thumbprint) return false;
  return URL.parse(uri)?.host === URL.parse(spec.acme.server)?.host;
}

function notValid(seen: Observed, { account }: Extract<AccountSeen, { state: 'known' }>): Verdict {
  const message = `The account ${account.url} is ${account.status}. ${registerAnew(seen)}`;
  return { ready: false, reason: 'AccountRefused', stalled: true, message };
}

function registerAnew({ issuer, secretNamespace }: Observed): string {
  const { name } = issuer.spec.acme.privateKeySecretRef;
  return `To register a new one, delete its key: kubectl delete secret -n ${secretNamespace} ${name}`;
}

function unavailable({ why, misconfigured }: Extract<AccountSeen, { state: 'unavailable' }>): Verdict {
  const next = misconfigured ? 'Correct spec.acme.' : 'It is tried again, after 5 minutes at the latest.';
  const message = `The directory cannot be used: ${why}. ${next}`;
  return { ready: false, reason: 'DirectoryUnavailable', stalled: misconfigured, message };
}

function refused({ why, passing }: Extract<AccountSeen, { state: 'refused' }>): Verdict {
  const message = `The CA refuses the account: ${why}. It is tried again, after an hour or when the CA allows it.`;
  return { ready: false, reason: 'AccountRefused', stalled: !passing, message };
}

function saysHeldBack({ status, generation }: Observed['issuer']): boolean {
  const condition = status.conditions?.find(({ type }) => type === 'Ready');
  return status.observedGeneration === generation && condition?.reason === 'TermsNotAgreed';
}
