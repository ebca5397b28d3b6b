import type { Account, Directory } from '../../acme/index.ts';
import type { IssuerRow } from '../issuer-row.ts';

/** The account key in its Secret. */
export type KeySeen =
  | { readonly state: 'absent' }
  /** `why` is a sentence. */
  | { readonly state: 'unreadable'; readonly why: string }
  | { readonly state: 'readable'; readonly pem: string; readonly thumbprint: string };

/** The key of the account at the CA that a new ACME account is bound to (RFC 8555 section 7.3.4). */
export type BindingSeen =
  | { readonly state: 'none' }
  | { readonly state: 'unreadable'; readonly why: string }
  | { readonly state: 'readable'; readonly keyId: string; readonly hmacKey: string };

/** What the CA said of the account when it was last asked for this spec and this key. */
export type AccountSeen = { readonly askAgainAt: Date } & (
  | { readonly state: 'unasked' }
  /** `registeredEmail`: what the account was made with, where this process made it. */
  | {
      readonly state: 'known';
      readonly account: Account;
      readonly directory: Directory;
      readonly registeredEmail: string | undefined;
    }
  /** The CA knows no account of this key, or was not asked for it because its terms are not agreed to. */
  | { readonly state: 'unknown'; readonly directory: Directory }
  /** No answer. `misconfigured`: it could not even be asked, which only an edit can change. */
  | { readonly state: 'unavailable'; readonly why: string; readonly misconfigured: boolean }
  /** The CA said no. `passing`: it may say yes later. */
  | { readonly state: 'refused'; readonly why: string; readonly passing: boolean }
);

/** All that a plan is made from. */
export interface Observed {
  readonly issuer: IssuerRow;
  /** Where its Secrets stand. */
  readonly secretNamespace: string;
  readonly accountKey: KeySeen;
  readonly account: AccountSeen;
  /** Read only where an account is to be made. */
  readonly binding: BindingSeen;
}
