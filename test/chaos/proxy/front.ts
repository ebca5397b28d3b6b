import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { ServerPair } from '../../kit/cluster/x509.ts';

/** A request with its whole body. */
export interface Incoming {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Aborted when the connection is gone, or the answer complete. */
  readonly closed: AbortSignal;
  /** Resolves when the last byte of the answer was given to the network; never where there is none. */
  readonly delivered: Promise<void>;
}

/** Where an answer that goes on for long is written to. */
export interface Outlet {
  write(bytes: Uint8Array | string): Promise<void>;
  /** Ends the answer as HTTP has it. */
  end(): void;
  /** Ends the connection by RST. */
  reset(): void;
  readonly closed: AbortSignal;
}

/** An answer; a body that is a function writes it by and by, and ends it. */
export interface Reply {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | ((outlet: Outlet) => Promise<void>);
}

/** Answers a request; with undefined its connection is reset. */
export type Answerer = (incoming: Incoming) => Promise<Reply | undefined>;

/** Which headers are of one connection alone (RFC 9110 section 7.6.1), or of a length that may change. */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
  'content-length',
]);

/** The side of the proxy that clients see: HTTPS on a free loopback port, whose connections can be reset at will. */
export class Front implements AsyncDisposable {
  readonly origin: string;
  readonly #server: Server;
  /** Of each TLS connection the one below, by its port: only that can be reset. */
  readonly #sockets: Map<number, Socket>;
  readonly #port: number;

  private constructor(parts: { server: Server; port: number; sockets: Map<number, Socket> }) {
    this.#server = parts.server;
    this.#port = parts.port;
    this.#sockets = parts.sockets;
    this.origin = `https://127.0.0.1:${parts.port}`;
  }

  static async start({ certificate, key }: ServerPair, answer: Answerer): Promise<Front> {
    const sockets = new Map<number, Socket>();
    const server = createServer({ cert: certificate, key, keepAliveTimeout: 0 }, (message, response) => {
      const reset = (): void => void sockets.get(message.socket.remotePort ?? 0)?.resetAndDestroy();
      respond(message, response, { answer, reset }).catch(reset);
    });
    server.on('connection', (socket: Socket) => {
      const port = socket.remotePort ?? 0;
      sockets.set(port, socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(port));
    });
    server.on('tlsClientError', () => undefined); // a client that is killed in its handshake
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
    return new Front({ server, port: address.port, sockets });
  }

  /** Resets every connection. */
  reset(): void {
    for (const socket of this.#sockets.values()) socket.resetAndDestroy();
  }

  /** Presents another certificate from now on; connections that there are, are reset. */
  present({ certificate, key }: ServerPair): void {
    this.#server.setSecureContext({ cert: certificate, key });
    this.reset();
  }

  /** Refuses connections, and resets those there are. */
  async refuse(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.reset();
    await closed;
  }

  /** Takes connections again, on the same port. */
  async listen(): Promise<void> {
    if (this.#server.listening) return;
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
  }
}

async function respond(
  message: IncomingMessage,
  response: ServerResponse,
  { answer, reset }: { readonly answer: Answerer; readonly reset: () => void },
): Promise<void> {
  const closing = new AbortController();
  const delivered = Promise.withResolvers<void>();
  response.on('close', () => closing.abort());
  response.on('finish', () => delivered.resolve());
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  const reply = await answer({
    method: message.method ?? '',
    path: message.url ?? '/',
    headers: message.headers,
    body: Buffer.concat(parts),
    closed: closing.signal,
    delivered: delivered.promise,
  });
  if (closing.signal.aborted) return;
  if (reply === undefined) return reset();
  const headers = Object.entries(reply.headers).filter(([name]) => !hopByHop.has(name));
  response.writeHead(reply.code, Object.fromEntries(headers.map(([name, value]) => [name, valueOf(value)])));
  if (typeof reply.body !== 'function') {
    response.end(reply.body);
    return;
  }
  response.flushHeaders();
  await reply.body({
    closed: closing.signal,
    end: () => response.end(),
    reset,
    async write(bytes) {
      if (!response.write(bytes)) await once(response, 'drain', { signal: closing.signal });
    },
  });
}

function valueOf(value: string | readonly string[]): string | string[] {
  return typeof value === 'string' ? value : [...value];
}
