import { isCarriedOut, type Reason, solverKindOf } from '../../api/index.ts';
import { type IssuerRow, isRecordedAccount } from '../issuer-row.ts';
import { emailOf } from './account-lookups.ts';
import type { AccountSeen, BindingSeen, Observed } from './observed.ts';
import type { Rollover } from './rollover.ts';
import type { Verdict } from './status.ts';

type Known = Extract<AccountSeen, { state: 'known' }>;
type Blocked = Extract<Verdict, { ready: false }>;

/** Something to know of an account that is ready. */
interface Note {
  readonly reason: Reason;
  readonly sentence: string;
  readonly stalled?: boolean;
}

/** That certificates can be ordered, and what else there is to know; the first note gives the reason. */
export function ready(seen: Observed, account: Known, rollover: Rollover): Verdict {
  const notes = [
    ...profileNote(seen, account),
    ...rolloverNote(rollover),
    ...contactNote(seen, account),
    ...termsNote(seen, account),
    ...solverNote(seen),
  ];
  return {
    ready: true,
    account,
    reason: notes[0]?.reason ?? 'AccountReady',
    message: ['The account is ready.', ...notes.map(({ sentence }) => sentence)].join(' '),
    stalled: notes.some(({ stalled }) => stalled),
    agreedTo: agreedTo(seen, account),
    rolloverSince: 'since' in rollover ? rollover.since : undefined,
  };
}

function profileNote({ issuer }: Observed, { directory }: Known): Note[] {
  const { profile } = issuer.spec.acme;
  if (profile === undefined || Object.hasOwn(directory.profiles, profile)) return [];
  const sentence = `The CA has no profile "${profile}", which spec.acme.profile asks for: ${offered(Object.keys(directory.profiles))}. Certificates that name none of their own are not ordered.`;
  return [{ reason: 'InvalidProfile', sentence, stalled: true }];
}

/** What there is in place of a profile that there is not. */
export function offered(profiles: readonly string[]): string {
  return profiles.length === 0 ? 'it has none; leave it out' : `it has ${profiles.join(', ')}`;
}

function rolloverNote(rollover: Rollover): Note[] {
  if (rollover.state === 'held') {
    return [
      {
        reason: 'KeyChanging',
        sentence: `Its key is being changed, and no order is placed meanwhile: ${rollover.why}.`,
      },
    ];
  }
  if (rollover.state !== 'refused') return [];
  const { why, stalled } = rollover;
  return [
    { reason: 'KeyChangeRefused', sentence: `Its key is not changed yet: ${why}. The one in use stays.`, stalled },
  ];
}

function contactNote({ issuer }: Observed, { contactRefused }: Known): Note[] {
  if (contactRefused === undefined) return [];
  const sentence = `The CA does not take ${emailOf(issuer)} for its contact: ${contactRefused}. Correct spec.acme.email.`;
  return [{ reason: 'ContactRefused', sentence }];
}

function termsNote(seen: Observed, { account, directory }: Known): Note[] {
  const { issuer } = seen;
  const { termsOfService: terms = '' } = directory;
  const agreed = agreedTo(seen, { account, directory });
  if (agreed === undefined || agreed === terms) return [];
  const sentence = `The CA has new terms, ${terms}; those agreed to are ${agreed}. Read them, then: ${annotate(issuer, `evercert.dev/agree=${terms}`)}`;
  return [{ reason: 'TermsChanged', sentence }];
}

/** The terms that are agreed to: those in force when the account was made or first seen, or that the user has named since. */
function agreedTo(
  { issuer }: Observed,
  { account, directory }: Pick<Known, 'account' | 'directory'>,
): string | undefined {
  const { uri, termsOfService: before } = issuer.status.acme ?? {};
  const { termsOfService: terms } = directory;
  const isNews = before !== undefined && terms !== undefined && terms !== before;
  const known = uri === account.url && !account.created;
  return isNews && known && issuer.verbs.agree !== terms ? before : terms;
}

function solverNote({ issuer }: Observed): Note[] {
  const { solvers = [] } = issuer.spec.acme;
  const left = solvers.flatMap((solver, index) =>
    isCarriedOut(solver) ? [] : [`spec.acme.solvers[${index}] (${solverKindOf(solver)})`],
  );
  if (left.length === 0) return [];
  const sentence = `This version does not carry out ${left.join(', ')}: names that it is for get no route and no certificate.`;
  return [{ reason: 'AccountReady', sentence }];
}

/** That the account is held back until the CA's terms are agreed to. */
export function heldBack({ account, issuer }: Observed): Blocked {
  const directory = 'directory' in account ? account.directory : undefined;
  const termsOfService = directory?.termsOfService ?? issuer.status.acme?.termsOfService;
  const where = termsOfService === undefined ? '' : ` at ${termsOfService}`;
  const message = `The account is held back, because spec.acme.termsOfServiceAgreed is false. Read the terms of the CA${where}, then set it to true or leave it out.`;
  return { ready: false, reason: 'TermsNotAgreed', stalled: true, message, termsOfService };
}

/** That the key is gone by which the CA knows the account. */
export function keyMissing(seen: Observed): Blocked {
  const { uri } = seen.issuer.status.acme ?? {};
  const where = secretOf(seen);
  const message =
    uri === undefined || !isRecordedAccount(seen.issuer)
      ? `There is no Secret ${where} with the account's key, and spec.acme.disableAccountKeyGeneration has none made: put the key there.`
      : `The Secret ${where}, which holds the key of the account ${uri}, is gone. Put it back from a backup. ${registerAnew(seen.issuer, uri)}`;
  return { ready: false, reason: 'AccountKeyMissing', stalled: true, message };
}

/** That the Secret of the account's key holds none. */
export function keyInvalid(why: string): Blocked {
  const message = `${why}. It is never overwritten: put a private key of ECDSA P-256 in PEM there.`;
  return { ready: false, reason: 'AccountKeyInvalid', stalled: true, message };
}

/** That the CA knows no account of the key, and none is made in silence: CAA records may name the one before (RFC 8657). */
export function accountUnknown({ issuer, secretNamespace }: Observed, uri: string): Blocked {
  const { name } = issuer.spec.acme.privateKeySecretRef;
  const message = `The CA does not know the account ${uri} by the key in the Secret ${secretNamespace}/${name}. If the key is another one than before, put the right one back. ${registerAnew(issuer, uri)}`;
  return { ready: false, reason: 'AccountUnknown', stalled: true, message };
}

/** That the account was ended; `uri` is undefined where nobody knows which it was. */
export function accountEnded(seen: Observed, uri: string | undefined): Blocked {
  const { issuer, accountKey, secretNamespace } = seen;
  const { name } = issuer.spec.acme.privateKeySecretRef;
  const isOurs = accountKey.state === 'readable' && accountKey.secret.ours;
  const what = `The account ${uri ?? 'of this key'} was ended: it is deactivated, by you, by somebody else with its key, or by the CA.`;
  const remove = `delete its key, kubectl delete secret -n ${secretNamespace} ${name}`;
  const next =
    uri === undefined
      ? `To register a new one, ${remove}`
      : `${registerAnew(issuer, uri)}${isOurs ? '' : `; and ${remove}, which Evercert did not make`}`;
  return { ready: false, reason: 'AccountDeactivated', stalled: true, message: `${what} ${next}` };
}

/** Why no account can be bound to that which the CA has already; undefined where one can. */
export function refusedBinding(binding: BindingSeen, required: boolean): Blocked | undefined {
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

/** That the CA's directory cannot be used. */
export function unavailable(account: Extract<AccountSeen, { state: 'unavailable' }>): Blocked {
  const { why, misconfigured, movedTo } = account;
  if (movedTo !== undefined) {
    const message = `The directory has moved: ${why}. If you trust where it leads, set spec.acme.server to ${movedTo}; the account is found there again by its key, where it is the same CA.`;
    return { ready: false, reason: 'DirectoryMoved', stalled: true, message };
  }
  const next = misconfigured ? 'Correct spec.acme.' : 'It is tried again, after 5 minutes at the latest.';
  const message = `The directory cannot be used: ${why}. ${next}`;
  return { ready: false, reason: 'DirectoryUnavailable', stalled: misconfigured, message };
}

/** That the CA says no. */
export function refused({ why, passing }: Extract<AccountSeen, { state: 'refused' }>): Blocked {
  const message = `The CA refuses the account: ${why}. It is tried again, after an hour or when the CA allows it.`;
  return { ready: false, reason: 'AccountRefused', stalled: !passing, message };
}

function registerAnew(issuer: IssuerRow, uri: string): string {
  return `To register a new account in its place, whose URL CAA records may have to name: ${annotate(issuer, `evercert.dev/new-account=${uri}`)}`;
}

function annotate({ kind, namespace, name }: IssuerRow, annotation: string): string {
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return `kubectl annotate --overwrite${where} ${kind.toLowerCase()}.evercert.dev ${name} '${annotation}'`;
}

function secretOf({ issuer, secretNamespace }: Observed): string {
  return `${secretNamespace}/${issuer.spec.acme.privateKeySecretRef.name}`;
}
