import type { RevocationRequest } from './revocation.ts';

/** Something a certificate can name (RFC 8555 section 9.7.7; IP addresses: RFC 8738). */
export interface Identifier {
  readonly type: 'dns' | 'ip';
  readonly value: string;
}

/** What the CA says is wrong (RFC 7807, RFC 8555 section 6.7). Texts are free of control characters and bounded. */
export interface Problem {
  /** `rateLimited` for `urn:ietf:params:acme:error:rateLimited`; a type of another origin is kept whole. */
  readonly type: string;
  /** The CA's own sentence; may be empty. */
  readonly detail: string;
  /** The HTTP status. */
  readonly status?: number;
  /** The identifier that a subproblem is about (RFC 8555 section 6.7.1). */
  readonly identifier?: Identifier;
  readonly subproblems?: readonly Problem[];
  /** A page to visit, given with `userActionRequired` (RFC 8555 section 7.3.3). */
  readonly instance?: string;
  /** A page about the refusal, from the reply's Link header of the relation `help` (RFC 8555 section 6.6). */
  readonly help?: string;
}

/** What a CA offers (RFC 8555 section 7.1.1). */
export interface Directory {
  readonly termsOfService?: string;
  readonly website?: string;
  readonly externalAccountRequired: boolean;
  /** Name and description of each profile; empty where the CA has none (draft-ietf-acme-profiles). */
  readonly profiles: Readonly<Record<string, string>>;
  /** The CA says when to renew (RFC 9773). */
  readonly renewalInfo: boolean;
}

/** RFC 8555 section 7.1.2. */
export interface Account {
  readonly url: string;
  /** `valid`, `deactivated` or `revoked`. */
  readonly status: string;
  /** This very request made the account. */
  readonly created: boolean;
}

/** RFC 8555 section 7.1.6. */
export type OrderStatus = 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';

/** RFC 8555 section 7.1.3. */
export interface Order {
  readonly url: string;
  readonly status: OrderStatus;
  /** RFC 3339. */
  readonly expires?: string;
  readonly identifiers: readonly Identifier[];
  /** The URLs of its authorizations, in no particular order. */
  readonly authorizations: readonly string[];
  /** The URL that takes the CSR. */
  readonly finalize: string;
  /** The URL of the certificate, of a valid order. */
  readonly certificate?: string;
  /** The certID of the certificate that the order replaces (RFC 9773 section 5). */
  readonly replaces?: string;
  readonly profile?: string;
  /** Why the order is invalid. */
  readonly error?: Problem;
  /** How long to wait before asking again, where the CA said so. */
  readonly retryAfterMs?: number;
}

/** RFC 8555 section 7.1.5. */
export interface Challenge {
  readonly type: string;
  readonly url: string;
  readonly status: 'pending' | 'processing' | 'valid' | 'invalid';
  /** Of the base64url alphabet for `http-01`; empty for types that have none. */
  readonly token: string;
  /** Why the challenge is invalid. */
  readonly error?: Problem;
}

/** RFC 8555 section 7.1.4. */
export interface Authorization {
  readonly url: string;
  readonly status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';
  readonly identifier: Identifier;
  /** RFC 3339. */
  readonly expires?: string;
  /** Every type that the CA offers: choose by `type`, never the first. */
  readonly challenges: readonly Challenge[];
}

/** When the CA would like a certificate to be renewed (RFC 9773 section 4.2). */
export interface RenewalInfo {
  readonly start: Date;
  readonly end: Date;
  /** A page for people that says why. */
  readonly explanationURL?: string;
  /** How long to wait before asking again, where the CA said so; never under a minute or over a day. */
  readonly retryAfterMs?: number;
}

/** Whose account at which CA, and how the CA's HTTPS is trusted. */
export interface AccountAccess {
  readonly directoryUrl: string;
  /** PEM. The only roots trusted for this CA's HTTPS; absent: the usual ones. */
  readonly caBundle?: string;
  readonly skipTLSVerify?: boolean;
  /** The account key, PEM: ECDSA P-256 (the one to make), P-384, or RSA. */
  readonly keyPem: string;
  /** Absent: looked up by the key at the first request that needs it. */
  readonly accountUrl?: string;
}

/** What a new account is made of (RFC 8555 section 7.3). */
export interface AccountRequest {
  /** URLs, such as `mailto:admin@example.com`. */
  readonly contact: readonly string[];
  readonly termsOfServiceAgreed: boolean;
  /** RFC 8555 section 7.3.4; `hmacKey` as the CA shows it, base64url. */
  readonly externalAccountBinding?: { readonly keyId: string; readonly hmacKey: string };
}

/** What a new order is made of (RFC 8555 section 7.4, RFC 9773 section 5, draft-ietf-acme-profiles). */
export interface OrderRequest {
  readonly identifiers: readonly Identifier[];
  readonly profile?: string;
  /** The certID of the predecessor. Left out for a CA without renewalInfo. */
  readonly replaces?: string;
}

/**
 * One account at one CA. Each call is one protocol step: nothing is polled, waited for or repeated, but for a nonce
 * that the CA refuses.
 *
 * Each call rejects with an `AcmeError` when the CA says no, with a `TransientError` when there is no answer of the CA
 * (network, timeout, TLS, a reply that is too large or makes no sense), with a `TerminalError` where the CA's directory has
 * no URL for it, and with the signal's reason when aborted.
 */
export interface AcmeClient {
  /** Asked of the CA once an hour at most. */
  directory(signal?: AbortSignal): Promise<Directory>;
  /** The account of the key; undefined when the CA knows none (RFC 8555 section 7.3.1). */
  findAccount(signal?: AbortSignal): Promise<Account | undefined>;
  /** Makes the account, or gives the one that the key has already, unchanged (RFC 8555 section 7.3). */
  createAccount(request: AccountRequest, signal?: AbortSignal): Promise<Account>;
  /** Gives the account these contacts in place of those it has, as URLs (RFC 8555 section 7.3.2). */
  updateContact(contact: readonly string[], signal?: AbortSignal): Promise<Account>;
  /**
   * Gives the account another key (RFC 8555 section 7.3.5). From then on this client is of no use, nor is an answer to a
   * challenge that was made with the key before. Rejects with an `AcmeError` of status 409 where the CA knows the new key
   * already; its `location` is the account that has it.
   */
  changeKey(newKeyPem: string, signal?: AbortSignal): Promise<void>;
  /** Ends the account for good (RFC 8555 section 7.3.6). Its certificates stay valid. */
  deactivateAccount(signal?: AbortSignal): Promise<Account>;
  /** Places an order. A CA may hand back one that is open for the same names (RFC 8555 section 7.4). */
  newOrder(request: OrderRequest, signal?: AbortSignal): Promise<Order>;
  order(url: string, signal?: AbortSignal): Promise<Order>;
  authorization(url: string, signal?: AbortSignal): Promise<Authorization>;
  /** Gives an authorization up, pending or valid; its open orders become invalid (RFC 8555 section 7.5.2). */
  deactivateAuthorization(url: string, signal?: AbortSignal): Promise<Authorization>;
  /** Tells the CA that the challenge's answer is there to be fetched (RFC 8555 section 7.5.1). */
  answer(challengeUrl: string, signal?: AbortSignal): Promise<void>;
  /** Hands in the CSR of a ready order (RFC 8555 section 7.4). */
  finalize(order: Order, csrDer: Uint8Array, signal?: AbortSignal): Promise<Order>;
  /** The chain as sent, unchecked, and the URLs of the other chains on offer (RFC 8555 section 7.4.2). */
  certificate(
    url: string,
    signal?: AbortSignal,
  ): Promise<{ readonly chain: string; readonly alternates: readonly string[] }>;
  /** Revokes a certificate. One that is revoked already is as good (RFC 8555 section 7.6). */
  revoke(request: RevocationRequest, signal?: AbortSignal): Promise<'revoked' | 'alreadyRevoked'>;
  /** Undefined: the CA has no such service, or no window that makes sense (RFC 9773 section 4.2). */
  renewalInfo(certID: string, signal?: AbortSignal): Promise<RenewalInfo | undefined>;
}

/** One HTTP request to a CA, seen from outside. */
export interface AcmeRequestNote {
  readonly host: string;
  /**
   * `directory`, `newNonce`, `newAccount`, `account`, `keyChange`, `newOrder`, `order`, `authorization`, `challenge`,
   * `finalize`, `certificate`, `revokeCert`, `renewalInfo`.
   */
  readonly resource: string;
  readonly status: number | 'failed';
  readonly ms: number;
}

/** How all clients of a process speak to CAs. */
export interface AcmeClientsOptions {
  /** Names the product and its version (RFC 8555 section 6.1). */
  readonly userAgent: string;
  /** The deadline of one HTTP request. Default: 30,000. */
  readonly timeoutMs?: number;
  /** Called once per HTTP request that ended. Must not throw. */
  readonly onRequest?: (request: AcmeRequestNote) => void;
}
