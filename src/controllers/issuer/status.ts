import {
  type Condition,
  condition,
  explained,
  type IssuerStatus,
  isTrue,
  type Reason,
  timestamp,
} from '../../api/index.ts';
import type { AccountSeen, KeySeen, Observed } from './observed.ts';

/** What a pass found. */
export type Verdict =
  | {
      readonly ready: true;
      readonly account: Extract<AccountSeen, { state: 'known' }>;
      /** `AccountReady`, unless there is something else to know. */
      readonly reason: Reason;
      readonly message: string;
      /** A person is needed, though certificates can be ordered. */
      readonly stalled: boolean;
      /** The URL of the terms that are agreed to. */
      readonly agreedTo: string | undefined;
      /** When the change of the key began. */
      readonly rolloverSince: Date | undefined;
    }
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
export function statusOf(seen: Observed, verdict: Verdict, now: Date): IssuerStatus {
  const { status: previous, generation: observedGeneration } = seen.issuer;
  const { reason, stalled } = verdict;
  const message = reason === 'AccountReady' ? verdict.message : explained(reason, verdict.message);
  const acme = verdict.ready
    ? accountStatus(seen, verdict)
    : { ...previous.acme, ...present({ termsOfService: verdict.termsOfService }) };
  const words: readonly Pick<Condition, 'type' | 'status' | 'message'>[] = [
    { type: 'Ready', status: verdict.ready ? 'True' : 'False', message },
    stalled
      ? { type: 'Stalled', status: 'True', message }
      : { type: 'Stalled', status: 'False', message: 'Nobody is needed.' },
  ];
  return {
    observedGeneration,
    conditions: words.map((one) => condition(previous.conditions, { ...one, reason, observedGeneration }, now)),
    ...(Object.keys(acme).length === 0 ? {} : { acme }),
  };
}

type AcmeStatus = NonNullable<IssuerStatus['acme']>;

function accountStatus({ issuer, accountKey }: Observed, verdict: Extract<Verdict, { ready: true }>): AcmeStatus {
  const { account, directory, registeredEmail } = verdict.account;
  const { uri, lastRegisteredEmail } = issuer.status.acme ?? {};
  const email = registeredEmail ?? (uri === account.url ? lastRegisteredEmail : undefined);
  return present({
    uri: account.url,
    directory: issuer.spec.acme.server,
    termsOfService: verdict.agreedTo,
    lastRegisteredEmail: email === '' ? undefined : email,
    keyThumbprint: accountKey.state === 'readable' ? accountKey.thumbprint : undefined,
    rollover: verdict.rolloverSince === undefined ? undefined : { since: timestamp(verdict.rolloverSince) },
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
