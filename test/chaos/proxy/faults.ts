import { setTimeout as pause } from 'node:timers/promises';
import type { Carry } from './exchange.ts';
import type { Reply } from './front.ts';

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

const acmeTypes: Readonly<Record<number, string>> = { 400: 'badNonce', 429: 'rateLimited', 500: 'serverInternal' };

/** What a refusal says besides its code. */
interface RefusalOptions {
  /** The Retry-After header. */
  readonly retryAfterSeconds?: number;
}

/** Answers in the place of the server, which never hears of the call: by a Status, or by an ACME problem. */
export function refuse(code: number, options: RefusalOptions = {}): Carry {
  return async ({ call }) => (call.kind === 'acme' ? problem(code, options) : statusReply(code, options));
}

/** Resets the connection before the server hears of the call. */
export const drop: Carry = async () => undefined;

/** Lets the server carry the call out, and resets the connection in the place of its reply. */
export const loseReply: Carry = async ({ send }) => {
  await send();
  return undefined;
};

/** Sends the call on later, even where the client has given it up meanwhile. */
export function delay(ms: number): Carry {
  return async ({ send }) => {
    await pause(ms);
    return send();
  };
}

/** An API server's refusal. */
export function statusReply(code: number, options: RefusalOptions = {}): Reply {
  const message = `the chaos proxy answers ${code}`;
  const reason = reasons[code] ?? 'Unknown';
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return reply(code, 'application/json', body, options);
}

function problem(code: number, options: RefusalOptions): Reply {
  const type = `urn:ietf:params:acme:error:${acmeTypes[code] ?? 'malformed'}`;
  const body = { type, detail: `the chaos proxy answers ${code}`, status: code };
  return reply(code, 'application/problem+json', body, options);
}

function reply(code: number, contentType: string, body: object, { retryAfterSeconds }: RefusalOptions): Reply {
  const retryAfter = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return { code, headers: { 'content-type': contentType, ...retryAfter }, body: Buffer.from(JSON.stringify(body)) };
}
