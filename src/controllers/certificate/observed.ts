import type { OrderStatus, Problem } from '../../acme/index.ts';
import type { CertificateStatus } from '../../api/index.ts';
import type { OwnerReference } from '../../kube/index.ts';
import type { Chain, KeySpec } from '../../pki/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { BudgetSeen } from './budget/budgets.ts';

/** What the Secret's certificate says of itself. */
export type Issued = Omit<Chain['leaf'], 'commonName' | 'hasKey'> & Pick<Chain, 'issuerNames' | 'rootPem'>;

/** When the CA suggests to renew the certificate in the Secret (RFC 9773, 4.2); times in whole seconds. */
export interface Suggested {
  readonly start: Date;
  readonly end: Date;
  /** The window had passed when the CA told of it: it asks for a renewal at once. */
  readonly immediate: boolean;
  /** A page for people that says why. */
  readonly explanationURL?: string;
}

/** What becomes of asking the CA for that. */
export interface RenewalInfoSeen {
  /** Its first word on a certificate that no status tells of yet is on its way, and waited for until `nextAt`. */
  readonly awaited: boolean;
  /** When to look again. */
  readonly nextAt: Date;
}

/** The Secret that `spec.secretName` names. */
export type SecretSeen =
  | { readonly kind: 'absent' }
  /** It stands there and is not ours to write; `why` is a sentence. */
  | { readonly kind: 'foreign'; readonly why: string; readonly reason: 'SecretNotOwned' | 'AdoptionWaits' }
  | OwnSecret;

/** A Secret that is ours to write. */
export interface OwnSecret {
  readonly kind: 'ours';
  readonly uid: string;
  readonly resourceVersion: string;
  readonly type: string;
  readonly revision: number;
  readonly issuedAt: Date | undefined;
  readonly issuerKey: string | undefined;
  /** Of the certificate that our annotations tell of. */
  readonly fingerprint: string | undefined;
  /** Where the CA gives that certificate. */
  readonly certificateURL: string | undefined;
  readonly chainPem: string;
  readonly keyPem: string;
  readonly keySpec: KeySpec | undefined;
  /** It holds a temporary certificate of ours, and `issued` is absent. */
  readonly isTemporary?: true;
  /** Absent where the Secret holds no readable pair; `problem` then says why. */
  readonly issued: Issued | undefined;
  readonly problem: string | undefined;
  /** What of our part is not as the spec asks while the pair is good, such as `label team` or `tls.key`. */
  readonly deviations: readonly string[];
  /** Who else wrote to it last, by the name of its field manager. */
  readonly otherManager: string | undefined;
  /** Its owner has handed it over, and it does not carry our label yet. */
  readonly isAdopted: boolean;
  /** What it has to lose before it does. */
  readonly strays: Strays | undefined;
}

/** The passwords of the keystores that the spec asks for. */
export interface Passwords {
  readonly jks?: string;
  readonly pkcs12?: string;
  /** Why one cannot be had, as a sentence that says what to do. */
  readonly problem?: string;
}

/** What a Secret has to lose before it is taken over, since no apply of ours could take it away. */
export interface Strays {
  /** It holds the certificate of a CA, which may not be that of what will be issued. */
  readonly caCert: boolean;
  /** Those of others, where one of cert-manager's has to go. */
  readonly ownerReferences: readonly OwnerReference[] | undefined;
}

/** What is stored before any network step that could make a certificate: the next revision, for which spec, with which key. */
export interface Intent {
  readonly revision: number;
  readonly specHash: string;
  /** What is ordered: the names of the spec, with `partialIssuance` perhaps not all of them. */
  readonly names: readonly string[];
  /** ARI's identifier of the certificate that this one replaces (RFC 9773, 5). */
  readonly replaces?: string;
}

/** The archive Secret: earlier certificates, and the intent with its key. */
export interface ArchiveSeen {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly intent: Intent | undefined;
  readonly nextKeyPem: string | undefined;
  /** Newest first. */
  readonly history: readonly ArchivedVersion[];
  readonly memory: Memory;
}

/** One earlier content of the Secret. */
export interface ArchivedVersion {
  readonly revision: number;
  readonly chainPem: string;
  readonly keyPem: string;
}

/** What the archive remembers of certificates, by their fingerprint: so no verb is carried out twice. The newest last. */
export type Memory = ReadonlyMap<string, Remembered>;

/** What is remembered of one certificate. */
export interface Remembered {
  /** The issuer that it came from, as `CertificateRow.issuerKey`. */
  readonly issuer?: string;
  /** That a verb has the Secret hold it again, and since which revision. */
  readonly putBack?: { readonly at: Date; readonly revision: number };
  /** That it was revoked; `key` is the RFC 7638 thumbprint of a key that is compromised. */
  readonly revoked?: { readonly at: Date; readonly reason: string; readonly key?: string };
}

/** The issuer that `spec.issuerRef` names, as far as issuing needs it. */
export type IssuerSeen =
  | { readonly state: 'missing' }
  | { readonly state: 'notReady'; readonly message: string }
  | {
      readonly state: 'ready';
      /** Until then no order is placed. */
      readonly heldUntil?: Date | undefined;
      /** Why the CA would take no order, as a sentence: it does not have the profile that is asked for. */
      readonly profileProblem?: string | undefined;
    };

/** Whether probes of one kind reached what they were to reach. */
export interface Reach {
  /** `unknown`: no answer yet. `failed`: at least one is. */
  readonly state: HostReach['state'];
  /** Each by itself. */
  readonly hosts: readonly HostReach[];
  readonly problems: readonly { readonly host: string; readonly problem: string }[];
  /** When the probes that are not content began to be asked for. */
  readonly since: Date;
  /** When the next probe is due. */
  readonly retryAt: Date;
}

/** What the probe of one host came to. */
export interface HostReach {
  readonly host: string;
  /** `unknown`: no answer yet. `failed`: at least three times in a row. */
  readonly state: 'unknown' | 'reached' | 'failed';
  /** What answered instead; empty unless it failed. */
  readonly problem: string;
  /** Since when it has not been content; the present where it is. */
  readonly since: Date;
  /** When the next probe is due. */
  readonly retryAt: Date;
}

export type OrderRecord = NonNullable<CertificateStatus['order']>;

/** An http-01 challenge that the CA waits for. */
export interface PendingChallenge {
  readonly host: string;
  readonly url: string;
}

/** A name that failed in one attempt, in the words of the CA. */
export interface Refusal {
  readonly name: string;
  /** What a person has to see to, or that the CA was never told; absent where it refused the name. */
  readonly reason?: 'NotPresented' | 'Paused' | 'UserActionRequired';
  readonly problem: string;
}

/** The order that the status records, as the CA last told it. */
export type OrderSeen =
  /** It is for another spec, or was placed with another account: nobody asks for it any more. */
  | { readonly state: 'foreign' }
  | { readonly state: 'gone'; readonly why: string }
  | { readonly state: 'changed'; readonly why: string }
  | { readonly state: 'unavailable'; readonly why: string; readonly retryAfterMs: number | undefined }
  | {
      readonly state: OrderStatus;
      /** Challenges that have not been answered; empty once they have. */
      readonly unanswered: readonly PendingChallenge[];
      /** Why names failed; of an invalid order. */
      readonly refused: readonly Refusal[];
      readonly error: Problem | undefined;
      /** When to ask the CA again. */
      readonly pollAt: Date;
      /** Since when the CA has left it in this state. */
      readonly since: Date;
      /** Whether every responder, and the route, give the key authorizations. */
      readonly presented: Reach;
    };

/** Why the CA has not revoked a certificate that it was asked to. */
export interface Unrevoked {
  /** A sentence. */
  readonly why: string;
  readonly retryAt: Date;
  /** The CA has said no, so that it is not asked again for the same wish. */
  readonly refused: boolean;
}

/** All that a plan is made from. Stages that nothing asked for are absent. */
export interface Observed {
  readonly certificate: CertificateRow;
  /** Of what decides the certificate's content: names, key, issuer, profile, chain. */
  readonly specHash: string;
  /** The older Certificate that names the same Secret, `namespace/name`. */
  readonly rival: string | undefined;
  readonly secret: SecretSeen;
  readonly passwords: Passwords;
  /** The Secret was put right too often of late: it is left as it is until then, unless an issuance is due. */
  readonly repairsHeldUntil: Date | undefined;
  /** Undefined where the CA suggests nothing, or has not been asked yet. */
  readonly suggested: Suggested | undefined;
  readonly renewalInfo: RenewalInfoSeen;
  readonly issuer: IssuerSeen;
  /** The common name that a chain should have among its issuers, where somebody asks for one. */
  readonly preferredChain: string | undefined;
  readonly routedAt: Date | undefined;
  readonly reach: Reach;
  readonly archive: ArchiveSeen | undefined;
  readonly order: OrderSeen | undefined;
  /** Whether an order may be placed; absent where none is about to be. */
  readonly budget: BudgetSeen | undefined;
  /** Undefined where no CA was asked to revoke, or did so. */
  readonly unrevoked: Unrevoked | undefined;
}
