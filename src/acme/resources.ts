import { type Fields, MalformedReplyError } from './fields.ts';
import { given } from './given.ts';
import { problemOf } from './problem.ts';
import type { Account, Authorization, Challenge, Directory, Identifier, Order, RenewalInfo } from './types.ts';

/** Where the CA takes requests (RFC 8555 section 7.1.1; `renewalInfo`: RFC 9773 section 4.1). */
export interface Endpoints {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly keyChange?: string;
  readonly revokeCert?: string;
  readonly renewalInfo?: string;
}

const orderStates = ['pending', 'ready', 'processing', 'valid', 'invalid'] as const;
const challengeStates = ['pending', 'processing', 'valid', 'invalid'] as const;
const authorizationStates = ['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked'] as const;

/** @throws MalformedReplyError, as every function of this file. */
export function directoryOf(fields: Fields): { endpoints: Endpoints; directory: Directory } {
  const meta = fields.optionalObject('meta');
  const ari = fields.optionalUrl('renewalInfo');
  return {
    endpoints: {
      newNonce: fields.url('newNonce'),
      newAccount: fields.url('newAccount'),
      newOrder: fields.url('newOrder'),
      ...given(fields.optionalUrl('keyChange'), (keyChange) => ({ keyChange })),
      ...given(fields.optionalUrl('revokeCert'), (revokeCert) => ({ revokeCert })),
      ...given(ari, (renewalInfo) => ({ renewalInfo })),
    },
    directory: {
      ...given(meta.optionalText('termsOfService'), (termsOfService) => ({ termsOfService })),
      ...given(meta.optionalText('website'), (website) => ({ website })),
      externalAccountRequired: meta.flag('externalAccountRequired'),
      profiles: meta.texts('profiles'),
      renewalInfo: ari !== undefined,
    },
  };
}

/** RFC 8555 section 7.1.2; the URL stands in the Location header. */
export function accountOf(fields: Fields, url: string, created: boolean): Account {
  return { url, status: fields.text('status'), created };
}

/** RFC 8555 section 7.1.3. */
export function orderOf(fields: Fields, url: string, waitMs: number | undefined): Order {
  return {
    url,
    status: fields.oneOf('status', orderStates),
    identifiers: fields.objects('identifiers').map(identifierOf),
    authorizations: fields.urls('authorizations'),
    finalize: fields.url('finalize'),
    ...given(fields.optionalDate('expires'), (expires) => ({ expires })),
    ...given(fields.optionalUrl('certificate'), (certificate) => ({ certificate })),
    ...given(fields.optionalText('replaces'), (replaces) => ({ replaces })),
    ...given(fields.optionalText('profile'), (profile) => ({ profile })),
    ...given(problemOf(fields.raw('error')), (error) => ({ error })),
    ...given(waitMs, (retryAfterMs) => ({ retryAfterMs })),
  };
}

/** RFC 8555 section 7.1.4. */
export function authorizationOf(fields: Fields, url: string): Authorization {
  return {
    url,
    status: fields.oneOf('status', authorizationStates),
    identifier: identifierOf(fields.object('identifier')),
    challenges: fields.objects('challenges').map(challengeOf),
    ...given(fields.optionalDate('expires'), (expires) => ({ expires })),
  };
}

/**
 * RFC 8555 section 8. A token is served under a path and compared, so for `http-01` its alphabet is checked, as
 * section 8.3 demands; other types may have none.
 */
function challengeOf(fields: Fields): Challenge {
  const type = fields.text('type');
  const token = fields.optionalText('token') ?? '';
  const isToken = /^[A-Za-z0-9_-]{1,256}$/.test(token);
  if (type === 'http-01' && !isToken) throw new MalformedReplyError('has a token that is not base64url');
  return {
    type,
    token,
    url: fields.url('url'),
    status: fields.oneOf('status', challengeStates),
    ...given(problemOf(fields.raw('error')), (error) => ({ error })),
  };
}

/** RFC 9773 section 4.2. Undefined where the window ends before it begins, which is to be treated as no answer. */
export function renewalInfoOf(fields: Fields, waitMs: number | undefined): RenewalInfo | undefined {
  const window = fields.object('suggestedWindow');
  const [start, end] = [window.date('start'), window.date('end')];
  if (end <= start) return undefined;
  const page = URL.parse(fields.optionalText('explanationURL') ?? '');
  const isPage = page?.protocol === 'https:' || page?.protocol === 'http:';
  return {
    start,
    end,
    ...given(isPage ? page.href : undefined, (explanationURL) => ({ explanationURL })),
    ...given(waitMs, (retryAfterMs) => ({ retryAfterMs })),
  };
}

function identifierOf(fields: Fields): Identifier {
  return { type: fields.oneOf('type', ['dns', 'ip'] as const), value: fields.text('value') };
}
