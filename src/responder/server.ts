import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { challengePath, reachabilityToken } from '../api/index.ts';
import { hostOf } from './host.ts';

/** How a request ended: `challenge` and `reachability` were answered, `refused` never became a request. */
export type ResponderOutcome = 'challenge' | 'reachability' | 'notFound' | 'refused';

/** What the server asks of the rest of the responder, at every request anew. */
export interface ChallengeServerParts {
  /** The key authorization for a token of a host that is spelled as `canonicalName` does. */
  keyAuthorization(host: string, token: string): string | undefined;
  installationId(): string | undefined;
  /** While true, every answer asks the client to close its connection. */
  draining(): boolean;
  onAnswer(outcome: ResponderOutcome): void;
}

/** Bounds on what one client can hold, in milliseconds. */
export interface Limits {
  /** From the first byte, or the opening, of a connection to the end of a request's header. */
  readonly headersMs: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  /** Without any byte. */
  readonly silenceMs: number;
  /** Between two requests on one connection. */
  readonly keepAliveMs: number;
  /** How often the first two are looked at. */
  readonly checkMs: number;
}

/** A CA's request is one packet; whoever needs longer is not one. */
export const limits: Limits = {
  headersMs: 4000,
  requestMs: 5000,
  silenceMs: 10_000,
  keepAliveMs: 5000,
  checkMs: 1000,
};

const maxHeaderBytes = 8192;
const maxTokenLength = 256;
const maxConnections = 2000;

/**
 * The challenge server (RFC 8555, 8.3): `GET` and `HEAD` of `/.well-known/acme-challenge/<token>` are answered where
 * host and token are pending, or the token is the reachability token; everything else is 404 without a body. It does
 * not listen yet.
 */
export function challengeServer(parts: ChallengeServerParts, bounds: Limits = limits): FastifyInstance {
  const server = Fastify({
    logger: false,
    routerOptions: { maxParamLength: maxTokenLength },
    bodyLimit: 1024,
    requestTimeout: bounds.requestMs,
    connectionTimeout: bounds.silenceMs,
    keepAliveTimeout: bounds.keepAliveMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // a challenge that arrives last is still answered, with `connection: close`
    http: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: bounds.headersMs,
      connectionsCheckingInterval: bounds.checkMs,
    },
    clientErrorHandler: (error, socket) => {
      parts.onAnswer('refused');
      refuse(error.code, socket);
    },
    frameworkErrors: (_error, _request, reply) => notFound(parts, reply), // an undecodable or overlong path
  });
  server.server.maxConnections = maxConnections;
  server.addHook('onRequest', async (request, reply) => {
    if (parts.draining()) reply.header('connection', 'close');
    if (request.method === 'GET' || request.method === 'HEAD') return undefined;
    reply.header('connection', 'close'); // whatever body follows is not read
    return notFound(parts, reply);
  });
  server.get<ChallengeRoute>(`${challengePath}:token`, (request, reply) => answer(parts, request, reply));
  server.setNotFoundHandler((_request, reply) => notFound(parts, reply));
  return server;
}

interface ChallengeRoute {
  Params: { token: string };
}

function answer(
  parts: ChallengeServerParts,
  request: FastifyRequest<ChallengeRoute>,
  reply: FastifyReply<ChallengeRoute>,
): unknown {
  const { token } = request.params;
  if (token === reachabilityToken) return send(parts, reply, parts.installationId(), 'reachability');
  const host = hostOf(request.headers.host);
  const body = host === undefined ? undefined : parts.keyAuthorization(host, token);
  return send(parts, reply, body, 'challenge');
}

function send(
  parts: ChallengeServerParts,
  reply: FastifyReply<ChallengeRoute>,
  body: string | undefined,
  outcome: 'challenge' | 'reachability',
): unknown {
  if (body === undefined) return notFound(parts, reply);
  parts.onAnswer(outcome);
  return reply.headers(fixedHeaders).header('content-type', 'application/octet-stream').send(body);
}

/** No proxy may remember an answer: the next request for the same path may deserve another one. */
const fixedHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

function notFound(parts: ChallengeServerParts, reply: Pick<FastifyReply, 'code'>): unknown {
  parts.onAnswer('notFound');
  return reply.code(404).headers(fixedHeaders).send();
}

const statusOfCode: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

function refuse(code: string | undefined, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOfCode[code ?? ''] ?? '400 Bad Request';
  socket.write(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  socket.destroySoon();
}
