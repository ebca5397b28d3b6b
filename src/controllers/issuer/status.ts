import { type Condition, condition, explained, type IssuerStatus, isTrue, type Reason } from '../../api/index.ts';
import type { AccountSeen, KeySeen, Observed } from './observed.ts';

/** What a pass found. */
export type Verdict =
  | { readonly ready: true; readonly account: AccountSeen; readonly message: string }
  | {
      readonly ready: false;
      readonly reason: Reason;
      readonly message: string;
      /** A person is needed. */
      readonly stalled: boolean;
      /** The URL of the CA's terms, where it is known. */
      readonly termsOfService?: string | undefined;
    };

/** The whole status of an issuer. What of the account is not known anew is kept. */
export function statusOf({ issuer, accountKey }: Observed, verdict: Verdict, now: Date): IssuerStatus {
  const { status: previous, generation: observedGeneration } = issuer;
  const reason: Reason = verdict.ready ? 'AccountReady' : verdict.reason;
  const message = verdict.ready ? verdict.message : explained(reason, verdict.message);
  const acme = verdict.ready
    ? accountStatus(previous.acme, verdict.account, accountKey)
    : { ...previous.acme, ...present({ termsOfService: verdict.termsOfService }) };
  return {
    observedGeneration,
    conditions: [
      condition(
        previous.conditions,
        { type: 'Ready', status: verdict.ready ? 'True' : 'False', reason, message, observedGeneration },
        now,
      ),
      condition(previous.conditions, { ...stalledWords(verdict, message), reason, observedGeneration }, now),
    ],
    ...(Object.keys(acme).length === 0 ? {} : { acme }),
  };
}

function stalledWords(verdict: Verdict, message: string): Pick<Condition, 'type' | 'status' | 'message'> {
  if (!verdict.ready && verdict.stalled) return { type: 'Stalled', status: 'True', message };
  return { type: 'Stalled', status: 'False', message: 'Nobody is needed.' };
}

type AcmeStatus = NonNullable<IssuerStatus['acme']>;

function accountStatus(previous: IssuerStatus['acme'] = {}, seen: AccountSeen, key: KeySeen): AcmeStatus {
  if (seen.state !== 'known') return previous;
  const { account, directory, registeredEmail } = seen;
  const sameAccount = previous.uri === account.url;
  return present({
    uri: account.url,
    termsOfService: directory.termsOfService,
    lastRegisteredEmail: registeredEmail ?? (sameAccount ? previous.lastRegisteredEmail : undefined),
    keyThumbprint: key.state === 'readable' ? key.thumbprint : undefined,
    profiles: Object.keys(directory.profiles).length === 0 ? undefined : { ...directory.profiles },
  });
}

/** Leaves out what is undefined: an absent field and an undefined one are not the same to the API server. */
function present(fields: { [K in keyof AcmeStatus]: AcmeStatus[K] | undefined }): AcmeStatus {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Whether the status says already that this very account is ready for this generation of the spec. */
export function saysReady({ issuer: { status, generation } }: Pick<Observed, 'issuer'>, key: KeySeen): boolean {
  return (
    status.observedGeneration === generation &&
    isTrue(status.conditions, 'Ready') &&
    status.acme?.uri !== undefined &&
    key.state === 'readable' &&
    status.acme.keyThumbprint === key.thumbprint
  );
}

/** Whether two statuses say the same, whatever the order of their keys and conditions. */
export function sameStatus(a: IssuerStatus, b: IssuerStatus): boolean {
  return canonical(a) === canonical(b);
}

function canonical(status: IssuerStatus): string {
  const conditions = (status.conditions ?? []).toSorted((a, b) => (a.type < b.type ? -1 : 1));
  return JSON.stringify({ ...status, conditions }, (_, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}
