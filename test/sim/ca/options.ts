import type { Identifier, Problem } from '../../../src/acme/index.ts';
import { boulder, type Dialect, pebbleDialect } from './dialects.ts';

const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;

/** What certificates of a profile are like, and how long the way there may take (draft-ietf-acme-profiles). */
export interface Profile {
  readonly description: string;
  readonly lifetimeMs: number;
  /** How long a valid authorization stays valid. */
  readonly authorizationMs: number;
  /** How long a pending authorization waits for its answer. */
  readonly pendingMs: number;
  /** How long an order waits to be finalized. */
  readonly orderMs: number;
  readonly mostNames: number;
  readonly identifierTypes: readonly Identifier['type'][];
  /** The first DNS name is also the subject's common name. */
  readonly commonName: boolean;
}

/** A profile and the name that orders give it. */
export type NamedProfile = readonly [name: string, profile: Profile];

/** A token bucket: `count` at once, refilled evenly over `periodMs`. */
export interface Limit {
  readonly count: number;
  readonly periodMs: number;
}

/** What an account, a domain and a set of names may use up. */
export interface Limits {
  readonly newOrdersPerAccount: Limit;
  readonly certificatesPerDomain: Limit;
  readonly certificatesPerExactSet: Limit;
  /** For each name of each account. */
  readonly failedAuthorizations: Limit;
  /** For each name of each account; set back by a success. Who uses it up is paused until a person helps. */
  readonly consecutiveFailures: Limit;
}

/** What is handed out again instead of something new. */
export interface Reuse {
  /** An order that is pending or ready, for the same account, names and profile. */
  readonly orders: boolean;
  readonly validAuthorizations: boolean;
  readonly pendingAuthorizations: boolean;
}

/** How a simulated CA behaves. */
export interface CaOptions {
  /** The start of every URL. Two CAs of one world need two. */
  readonly origin: string;
  readonly dialect: Dialect;
  /** An order that names none gets the first. */
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly challengeTypes: Readonly<Record<Identifier['type'], readonly string[]>>;
  /** From the answer of a challenge to the request for it, and from finalize to the certificate. */
  readonly work: { readonly validationMs: number; readonly issuanceMs: number };
  /** Asked for with an order that is processing; whole seconds. */
  readonly retryAfterMs: number | undefined;
  readonly termsOfService: string | undefined;
  readonly mostContacts: number;
  /** RFC 8555 section 7.3.4: HMAC keys, base64url, by their id. */
  readonly externalAccounts: { readonly required: boolean; readonly keys: Readonly<Record<string, string>> };
  /** RFC 9773 is spoken. */
  readonly renewalInfo: boolean;
  readonly renewalInfoRetryAfterMs: number;
  /** What every question for it is answered with instead. */
  readonly renewalInfoProblem?: Problem;
  /** By how much notBefore lies in the past. */
  readonly backdateMs: number;
  /** How many chains there are beside the one that is given first. */
  readonly alternates: number;
  readonly reuse: Reuse;
  /** Absent: none. */
  readonly limits: Limits | undefined;
  /** Names whose CAA record does not let the CA issue, which is found as a challenge is validated. */
  readonly forbids: (name: string) => boolean;
  /** Names that no order may have. */
  readonly blocked: readonly string[];
  /** Whether it takes no signing request for this key (SubjectPublicKeyInfo, DER). */
  readonly refusesKey: (publicKey: Uint8Array) => boolean;
  /** Why a validated order is not issued after all, such as for a CAA record; asked for each of its identifiers. */
  readonly refuses: (identifier: Identifier) => Problem | undefined;
}

const never = { orders: false, validAuthorizations: false, pendingAuthorizations: false } as const satisfies Reuse;

/** Let's Encrypt in production as of 2026-08 (Boulder v0.20260804 and letsencrypt.org). */
export const letsEncrypt: CaOptions = {
  origin: 'https://ca.test',
  dialect: boulder,
  profiles: {
    classic: {
      description: 'https://letsencrypt.org/docs/profiles#classic',
      lifetimeMs: 90 * day,
      authorizationMs: 30 * day,
      pendingMs: 7 * day,
      orderMs: 7 * day,
      mostNames: 100,
      identifierTypes: ['dns'],
      commonName: true,
    },
    tlsserver: {
      description: 'https://letsencrypt.org/docs/profiles#tlsserver',
      lifetimeMs: 45 * day,
      authorizationMs: 7 * hour,
      pendingMs: hour,
      orderMs: 8 * hour,
      mostNames: 25,
      identifierTypes: ['dns'],
      commonName: false,
    },
    shortlived: {
      description: 'https://letsencrypt.org/docs/profiles#shortlived',
      lifetimeMs: 160 * hour,
      authorizationMs: 7 * hour,
      pendingMs: hour,
      orderMs: 8 * hour,
      mostNames: 25,
      identifierTypes: ['dns', 'ip'],
      commonName: false,
    },
  },
  challengeTypes: { dns: ['http-01', 'tls-alpn-01', 'dns-01'], ip: ['http-01', 'tls-alpn-01'] },
  work: { validationMs: 300, issuanceMs: 300 },
  retryAfterMs: 3 * second,
  termsOfService: 'https://letsencrypt.org/documents/LE-SA-v1.6-August-18-2025.pdf',
  mostContacts: 10,
  externalAccounts: { required: false, keys: {} },
  renewalInfo: true,
  renewalInfoRetryAfterMs: 6 * hour,
  backdateMs: hour,
  alternates: 1,
  reuse: { orders: true, validAuthorizations: true, pendingAuthorizations: true },
  limits: {
    newOrdersPerAccount: { count: 300, periodMs: 3 * hour },
    certificatesPerDomain: { count: 50, periodMs: 7 * day },
    certificatesPerExactSet: { count: 5, periodMs: 7 * day },
    failedAuthorizations: { count: 5, periodMs: hour },
    consecutiveFailures: { count: 1_152, periodMs: 1_152 * day },
  },
  forbids: () => false,
  blocked: [],
  refusesKey: () => false,
  refuses: () => undefined,
};

/**
 * The least forgiving CA that RFC 8555 and 9773 allow: nothing is handed out twice, and an order that was only placed
 * has replaced its predecessor. No limits, so that what a fault costs is counted and not refused.
 */
export const strict: CaOptions = { ...letsEncrypt, reuse: never, limits: undefined };

/** Pebble 2.10.1 as the tests start it: nothing by chance. The conformance suite holds it to the real one. */
export const pebble: CaOptions = {
  ...letsEncrypt,
  dialect: pebbleDialect,
  profiles: {
    default: {
      description: 'For everybody',
      lifetimeMs: 90 * day,
      authorizationMs: hour,
      pendingMs: hour,
      orderMs: day,
      mostNames: Number.POSITIVE_INFINITY,
      identifierTypes: ['dns', 'ip'],
      commonName: false,
    },
  },
  challengeTypes: {
    dns: ['http-01', 'tls-alpn-01', 'dns-01', 'dns-account-01', 'dns-persist-01'],
    ip: ['http-01', 'tls-alpn-01'],
  },
  retryAfterMs: second,
  termsOfService: 'data:text/plain,Do%20what%20thou%20wilt',
  mostContacts: 2,
  backdateMs: 0,
  alternates: 0,
  reuse: never,
  limits: undefined,
};
