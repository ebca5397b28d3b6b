import {
  AcmeError,
  type Identifier,
  type Problem,
  type RevocationReason,
  revocationReasons,
} from '../../../src/acme/index.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import { refusal } from './problems.ts';

/** The errors in which one CA's software differs from another's, and the moments at which it changes its mind. */
export interface Dialect {
  /** There is nothing under a URL. */
  readonly unknown: (resource: string) => Error;
  /** The order is of another account; `asked`: what is wanted of it. */
  readonly foreignOrder: (asked: 'order' | 'finalize') => Error;
  /** The terms of service were not agreed to. */
  readonly noConsent: () => Error;
  /** The CSR is for the key of an account. */
  readonly accountKey: () => Error;
  /** An account is to get the key that it has. */
  readonly sameKey: () => Error;
  /** An account is to get the key of another (RFC 8555 section 7.3.5); undefined: nothing is said, nor done. */
  readonly keyInUse: (accountUrl: string) => Error | undefined;
  /** A certificate that is to be revoked is none of this CA. */
  readonly strangeCertificate: () => Error;
  /** Who asks for a revocation has no right to it. */
  readonly notTheirs: (by: 'account' | 'key') => Error;
  /** The reasons that a revocation may have. */
  readonly revocationReasons: readonly RevocationReason[];
  /** An account may revoke what others were issued, if it proved all the names (RFC 8555 section 7.6). */
  readonly provenMayRevoke: boolean;
  /** A certID that is well formed, and names another issuer or no serial number (RFC 9773 section 4.1). */
  readonly strangeCertID: () => Error;
  /** What replaces a certificate that nobody knows of. */
  readonly unknownPredecessor: () => Error;
  /** What replaces a certificate of which it shares no name. */
  readonly otherNames: () => Error;
  /** How the identifiers of an order are refused. */
  readonly forbidden: (identifiers: readonly Identifier[]) => Error;
  /** A challenge that has been answered may be answered again, without effect. */
  readonly answersAgain: boolean;
  /** An order whose validation failed says why, and not only its authorization. */
  readonly ordersTell: boolean;
  /** What is past its time is shown as such; or as if it had never been. */
  readonly showsExpired: boolean;
  /** How long an authorization must still live to be reused for an order that may wait so long, in milliseconds. */
  readonly leastLeftMs: (orderMs: number) => number;
  /** From when on a certificate counts as replaced (RFC 9773 section 5). */
  readonly replacedBy: 'order' | 'certificate';
  /** The suggested window of a certificate, from issue to expiry in milliseconds (RFC 9773 section 4.2). */
  readonly window: (notBefore: number, notAfter: number) => { readonly start: number; readonly end: number };
  /** Why a request to http-01's URL did not prove anything. */
  readonly badStatus: (url: string) => Problem;
}

const hour = 3_600_000;
const day = 24 * hour;
const noIdentifierMatches = 'identifiers in this order do not match any identifiers in the certificate being replaced';

/** What Let's Encrypt runs. */
export const boulder: Dialect = {
  unknown: (resource) => refusal('malformed', 404, `No such ${resource}`),
  foreignOrder: (asked) =>
    asked === 'finalize'
      ? refusal('malformed', 400, 'Mismatched account ID')
      : refusal('malformed', 404, 'No order found for account ID'),
  noConsent: () => refusal('malformed', 400, 'must agree to terms of service'),
  accountKey: () =>
    refusal('malformed', 400, 'Error finalizing order :: certificate public key must be different than account key'),
  sameKey: () => refusal('malformed', 400, 'New key specified by rollover request is the same as the old key'),
  keyInUse: (url) =>
    new AcmeError(
      { type: 'malformed', detail: 'New key is already in use for a different account', status: 409 },
      undefined,
      url,
    ),
  strangeCertificate: () => refusal('malformed', 404, 'Certificate from unrecognized issuer'),
  notTheirs: (by) =>
    by === 'account'
      ? refusal('unauthorized', 403, 'requester does not control all identifiers in the certificate to be revoked')
      : refusal(
          'unauthorized',
          403,
          'JWK embedded in revocation request must be the same public key as the cert to be revoked',
        ),
  revocationReasons: ['unspecified', 'keyCompromise', 'superseded', 'cessationOfOperation'],
  provenMayRevoke: true,
  strangeCertID: () =>
    refusal('malformed', 404, 'path contained an Authority Key Identifier that did not match a known issuer'),
  unknownPredecessor: () =>
    refusal('malformed', 404, 'request included `replaces` field, but no current certificate with that serial exists'),
  otherNames: () => refusal('malformed', 400, noIdentifierMatches),
  forbidden: (identifiers) => {
    const [first, ...others] = identifiers.map((identifier) => ({
      type: 'rejectedIdentifier',
      detail: 'The ACME server refuses to issue a certificate for this domain name, because it is forbidden by policy',
      status: 400,
      identifier,
    }));
    const detail = `Error creating new order :: Cannot issue for "${first?.identifier.value}": ${first?.detail}`;
    if (first === undefined || others.length === 0) return refusal('rejectedIdentifier', 400, detail);
    const more = `${detail} (and ${others.length} more problems. Refer to sub-problems for more information.)`;
    return refusal('rejectedIdentifier', 400, more, { subproblems: [first, ...others] });
  },
  answersAgain: true,
  ordersTell: false,
  showsExpired: false,
  leastLeftMs: (orderMs) => Math.min(Math.max(orderMs / 8, hour), day),
  replacedBy: 'order',
  window: (notBefore, notAfter) => {
    const validity = notAfter - notBefore;
    const centre = notAfter - validity / (validity < 10 * day ? 2 : 3);
    return { start: centre - validity / 100, end: centre + validity / 100 };
  },
  badStatus: (url) => ({ type: 'unauthorized', status: 403, detail: `Invalid response from ${url}: 404` }),
};

/** Pebble 2.10.1. */
export const pebbleDialect: Dialect = {
  // But for finalize it answers 404 without a body, which src/acme cannot tell from a proxy that lost its backend.
  unknown: (resource) =>
    resource === 'finalize'
      ? refusal('malformed', 404, 'No order found')
      : new TransientError(`the CA did not answer the request for ${resource}: status 404, without saying why`),
  foreignOrder: () =>
    refusal('unauthorized', 403, 'Account that authenticated the request does not own the specified order'),
  noConsent: () => refusal('userActionRequired', 403, 'Provided account did not agree to the terms of service'),
  accountKey: () => refusal('badCSR', 400, 'CSR contains a public key for a known account'),
  sameKey: () => refusal('malformed', 400, 'New and old key are identical'),
  keyInUse: () => undefined,
  strangeCertificate: () => refusal('malformed', 400, 'Unable to find specified certificate.'),
  notTheirs: () => refusal('unauthorized', 403, 'The certificate being revoked is not associated with the account'),
  revocationReasons,
  provenMayRevoke: false,
  strangeCertID: () => refusal('malformed', 400, 'Parsing ARI CertID failed'),
  unknownPredecessor: () => refusal('serverInternal', 500, 'could not find an order for the given certificate'),
  otherNames: () =>
    refusal('serverInternal', 500, 'at least one identifier in the new order and existing order must match'),
  forbidden: ([first]) =>
    refusal('rejectedIdentifier', 400, `Order included an identifier for which issuance is forbidden by policy`, {
      subproblems: [
        {
          type: 'rejectedIdentifier',
          detail: `${first?.value} is a forbidden domain`,
          ...(first === undefined ? {} : { identifier: first }),
        },
      ],
    }),
  answersAgain: false,
  ordersTell: true,
  showsExpired: true,
  leastLeftMs: () => 0,
  replacedBy: 'certificate',
  window: (notBefore, notAfter) => {
    const centre = notAfter - (notAfter + 1_000 - notBefore) / 3;
    return { start: Math.max(centre - day, notBefore), end: Math.min(centre + day, notAfter) };
  },
  badStatus: (url) => ({
    type: 'unauthorized',
    status: 403,
    detail: `Non-200 status code from HTTP: ${url} returned 404`,
  }),
};
