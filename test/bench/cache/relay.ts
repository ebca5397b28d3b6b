import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTLSServer, request as requestOverTLS } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { selfSigned } from '../../kit/self-signed.ts';

/** What stands between a subject and the API server. */
export interface Relay extends AsyncDisposable {
  /** Where subjects connect to, over TLS. */
  readonly url: string;
  /** PEM: what the answers of {@link expire} are signed by. */
  readonly authority: string;
  /** Resolves with the next connection. */
  nextConnection(): Promise<void>;
  /**
   * Cuts every connection and answers 410 to the watches that are opened anew, until those of all `plurals` were told once; a
   * subject that lists without having been told counts as told. Resolves then, with the time of the first (`performance.now()`).
   */
  expire(plurals: readonly string[]): Promise<number>;
}

/**
 * Passes bytes to the API server at `upstream` as they are: TLS is between it and the subject, so that its cost is what it is
 * without us. Only to answer 410 it ends TLS itself, and passes the other requests on.
 */
export async function startRelay(upstream: URL, authorityOfUpstream: string): Promise<Relay> {
  const sockets = new Set<Socket>();
  const { certificate, key } = await selfSigned('localhost');
  let expiring: Expiring | undefined;
  const impostor = createTLSServer({ cert: certificate, key }, (request, response) => {
    const isTold = expiring?.tell(request, response) ?? false;
    if (expiring?.isDone === true) expiring = undefined;
    if (!isTold) passOn(request, response, { upstream, ca: authorityOfUpstream });
  });
  impostor.on('tlsClientError', () => undefined); // a connection that was cut
  const kept = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const relay = createServer({ noDelay: true }, (socket) => {
    kept(socket);
    if (expiring !== undefined) {
      impostor.emit('connection', socket);
      return;
    }
    const api = kept(connect({ host: upstream.hostname, port: Number(upstream.port), noDelay: true }));
    socket.pipe(api).pipe(socket);
    socket.on('close', () => api.destroy());
    api.on('close', () => socket.destroy());
  });
  relay.listen(0, 'localhost');
  await once(relay, 'listening');
  return {
    url: `https://localhost:${(relay.address() as AddressInfo).port}`,
    authority: certificate,
    async nextConnection() {
      await once(relay, 'connection');
    },
    async expire(plurals) {
      expiring = new Expiring(plurals);
      const { told } = expiring;
      for (const socket of sockets) socket.destroy();
      return told;
    },
    async [Symbol.asyncDispose]() {
      relay.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Tells watches that they are too old, each kind once. */
class Expiring {
  readonly #left: Set<string>;
  readonly #told = Promise.withResolvers<number>();
  #firstAt: number | undefined;

  constructor(plurals: readonly string[]) {
    this.#left = new Set(plurals);
  }

  get told(): Promise<number> {
    return this.#told.promise;
  }

  get isDone(): boolean {
    return this.#left.size === 0;
  }

  /** Whether this was a watch, which has got its answer. */
  tell(request: IncomingMessage, response: ServerResponse): boolean {
    const url = new URL(request.url ?? '/', 'https://api');
    if (!this.#left.delete(url.pathname.split('/').at(-1) ?? '')) return false;
    this.#firstAt ??= performance.now();
    if (this.isDone) this.#told.resolve(this.#firstAt);
    if (!url.searchParams.has('watch')) return false;
    const status = { status: 'Failure', reason: 'Expired', message: 'too old resource version', code: 410 };
    response.writeHead(410, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', ...status }));
    return true;
  }
}

function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  { upstream, ca }: { readonly upstream: URL; readonly ca: string },
): void {
  const { method, url = '/' } = request;
  const headers = { ...request.headers, host: upstream.host };
  const asking = requestOverTLS(new URL(url, upstream), { method, headers, ca }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  asking.on('error', () => response.destroy());
  response.on('close', () => asking.destroy());
  request.pipe(asking);
}
