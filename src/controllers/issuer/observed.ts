import type { Account, Directory } from '../../acme/index.ts';
import type { IssuerRow } from '../issuer-row.ts';

/** The account key in its Secret. */
export type KeySeen =
  | { readonly state: 'absent' }
  /** `why` is a sentence. */
  | { readonly state: 'unreadable'; readonly why: string }
  | (AccountKey & {
      readonly state: 'readable';
      readonly secret: KeySecret;
      /** The one that is to take its place, stored before the CA is told of it. */
      readonly next: AccountKey | undefined;
    });

/** A private key that ACME can use. */
export interface AccountKey {
  readonly pem: string;
  readonly thumbprint: string;
}

/** The Secret that the account key was read from. */
export interface KeySecret {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly type: string;
  /** It is ours to change: made by us, or by its owner's consent. */
  readonly ours: boolean;
}

/** The key of the account at the CA that a new ACME account is bound to (RFC 8555 section 7.3.4). */
export type BindingSeen =
  | { readonly state: 'none' }
  | { readonly state: 'unreadable'; readonly why: string }
  | { readonly state: 'readable'; readonly keyId: string; readonly hmacKey: string };

/** What the CA said of the account when it was last asked for this spec and this key. */
export type AccountSeen = { readonly askAgainAt: Date } & (
  | { readonly state: 'unasked' }
  | {
      readonly state: 'known';
      readonly account: Account;
      readonly directory: Directory;
      /** What the account was given, where this process gave it something; empty for none. */
      readonly registeredEmail: string | undefined;
      /** Why the CA does not take the address that the spec has. */
      readonly contactRefused?: string;
    }
  /** The CA knows no account of this key, or was not asked for it because its terms are not agreed to. */
  | { readonly state: 'unknown'; readonly directory: Directory }
  /** No answer. `misconfigured`: it could not even be asked, which only an edit can change. */
  | {
      readonly state: 'unavailable';
      readonly why: string;
      readonly misconfigured: boolean;
      /** Where the directory sends whoever asks for it. */
      readonly movedTo?: string;
    }
  /** The CA said no, for a problem of this type. `passing`: it may say yes later. */
  | { readonly state: 'refused'; readonly type: string; readonly why: string; readonly passing: boolean }
);

/** All that a plan is made from. */
export interface Observed {
  readonly issuer: IssuerRow;
  /** Where its Secrets stand. */
  readonly secretNamespace: string;
  readonly accountKey: KeySeen;
  readonly account: AccountSeen;
  /** Of the key that is to take the place of the account's, where there is one. */
  readonly next: AccountSeen | undefined;
  /** How many orders of the account key are open, as far as Certificates tell; counted while the key is being changed. */
  readonly openOrders: number;
  /** Read only where an account is to be made. */
  readonly binding: BindingSeen;
}
