import { Agent, type Dispatcher } from 'undici';
import { printable, TransientError } from '../runtime/index.ts';
import type { AccountAccess, AcmeClientsOptions } from './types.ts';

/** One HTTP request to a CA. */
export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  /** What is asked for, in the words of the RFC: `newOrder`, `certificate`, … */
  readonly resource: string;
  readonly accept?: string;
  /** A JWS. */
  readonly body?: string;
}

/** What came back, of whatever status. */
export interface Reply {
  readonly call: Call;
  readonly status: number;
  readonly text: string;
  /** The values of a header, by its name in lower case. */
  readonly headers: (name: string) => readonly string[];
}

const defaultTimeoutMs = 30_000;
const largestReply = 1024 * 1024;
const mostSockets = 16; // to one host
const idleSocketMs = 20_000; // well below what servers allow, so that none closes a connection under a request

/** Why there was no answer, by the code of the error; each completes the sentence "the CA … did not answer: …". */
const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name cannot be resolved at the moment',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before the answer was complete',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  ETIMEDOUT: 'no connection came about',
  UND_ERR_CONNECT_TIMEOUT: 'no connection came about',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  UND_ERR_HEADERS_OVERFLOW: 'its reply has more than 16 KiB of headers',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'its reply is larger than 1 MiB',
  CERT_HAS_EXPIRED: 'its TLS certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its TLS certificate is not trusted; a private CA needs a caBundle',
  SELF_SIGNED_CERT_IN_CHAIN: 'its TLS certificate is not trusted; a private CA needs a caBundle',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its TLS certificate is not trusted; a private CA needs a caBundle',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its TLS certificate is not trusted; a private CA needs a caBundle',
};

/**
 * HTTP to one CA: connections of its own that trust what this CA's HTTPS is to be trusted by, a deadline for each
 * request, replies of bounded size. Follows no redirect: a JWS is signed for one URL (RFC 8555 section 6.4). Repeats
 * nothing.
 */
export class Transport {
  readonly #agent: Agent;
  readonly #timeoutMs: number;
  readonly #userAgent: string;
  readonly #onRequest: AcmeClientsOptions['onRequest'];

  constructor({ caBundle, skipTLSVerify = false }: AccountAccess, options: AcmeClientsOptions) {
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.#userAgent = options.userAgent;
    this.#onRequest = options.onRequest;
    this.#agent = new Agent({
      connections: mostSockets,
      keepAliveTimeout: idleSocketMs,
      keepAliveMaxTimeout: idleSocketMs,
      maxResponseSize: largestReply,
      allowH2: false,
      connect: { rejectUnauthorized: !skipTLSVerify, ...(caBundle === undefined ? {} : { ca: caBundle }) },
    });
  }

  /** @throws TransientError where no complete HTTP reply arrives; the signal's reason where aborted. */
  async send(call: Call, signal: AbortSignal | undefined): Promise<Reply> {
    signal?.throwIfAborted();
    const started = performance.now();
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    try {
      const reply = await this.#exchange(call, signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
      this.#note(call, reply.status, started);
      return reply;
    } catch (error) {
      this.#note(call, 'failed', started);
      signal?.throwIfAborted();
      throw unanswered(
        call,
        deadline.aborted ? `it took longer than ${this.#timeoutMs / 1_000} s` : reasonOf(error),
        error,
      );
    }
  }

  async #exchange(call: Call, signal: AbortSignal): Promise<Reply> {
    const { origin, pathname, search } = new URL(call.url);
    const { statusCode, headers, body } = await this.#agent.request({
      origin,
      path: pathname + search,
      method: call.method,
      headers: this.#headers(call),
      body: call.body ?? null,
      signal,
    });
    return { call, status: statusCode, text: await body.text(), headers: (name) => valuesOf(headers, name) };
  }

  /** RFC 8555 sections 6.1 and 6.2. */
  #headers({ accept, body }: Call): Record<string, string> {
    return {
      'user-agent': this.#userAgent,
      'accept-language': 'en',
      ...(accept === undefined ? {} : { accept }),
      ...(body === undefined ? {} : { 'content-type': 'application/jose+json' }),
    };
  }

  #note({ url, resource }: Call, status: number | 'failed', started: number): void {
    this.#onRequest?.({ host: hostOf(url), resource, status, ms: performance.now() - started });
  }
}

/** The error for a request that got no answer of the CA. `reason` completes the sentence. */
export function unanswered(call: Call, reason: string, cause?: unknown, retryAfterMs?: number): TransientError {
  const message = `the CA ${hostOf(call.url)} did not answer the request for ${call.resource}: ${reason}`;
  return new TransientError(message, {
    ...(cause === undefined ? {} : { cause }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The host of a URL, with its port where that is not the usual one. */
export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'of no valid URL';
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof Error && error.name === 'HTTPParserError') return 'its reply is no HTTP';
  return reasons[code] ?? printable(error instanceof Error ? error.message : String(error), 200);
}

function valuesOf(headers: Awaited<ReturnType<Dispatcher['request']>>['headers'], name: string): readonly string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
