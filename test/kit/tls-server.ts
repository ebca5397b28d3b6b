import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createProxy, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

/** A key and its certificate, both in PEM. */
interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** An HTTPS server in the place of an API server, with a folder for what a kubeconfig names. */
export interface TlsServer extends AsyncDisposable {
  readonly server: Server;
  readonly url: string;
  readonly folder: string;
  /** Connections that were made. */
  readonly connections: number;
  /** Connections that are open. */
  readonly open: number;
  /** Writes a kubeconfig; the server's certificate is its CA unless `cluster` says otherwise. Gives its path. */
  kubeconfig(user: object, cluster?: object): string;
}

/** Starts a server of this pair on a free port. */
export async function tlsServer(
  { certificate, key }: Pair,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: ServerOptions = {},
): Promise<TlsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-tls-server-'));
  const server = createServer({ cert: certificate, key, ...options }, answer);
  const sockets = new Set<Duplex>();
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${portOf(server.address())}`;
  const authority = Buffer.from(certificate).toString('base64');
  return {
    server,
    url,
    folder,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    kubeconfig(user, cluster = {}) {
      const path = join(folder, 'kubeconfig');
      const config = {
        clusters: [{ name: 'x', cluster: { server: url, 'certificate-authority-data': authority, ...cluster } }],
        users: [{ name: 'x', user }],
        contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
        'current-context': 'x',
      };
      writeFileSync(path, JSON.stringify(config));
      return path;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

/** A proxy that opens tunnels (CONNECT). */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** What it was asked to connect to, with the credentials that were shown. */
  readonly asked: readonly { readonly to: string; readonly authorization: string | undefined }[];
  /** Tunnels that are open, or asked for and not answered. */
  readonly open: number;
}

/** Starts a proxy on a free port, which takes every host for this machine; `answers` false leaves every CONNECT without an answer. */
export async function connectProxy(answers = true): Promise<Proxy> {
  const asked: { to: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Duplex>();
  const proxy = createProxy((_request, response) => response.writeHead(405).end());
  proxy.on('connect', (request, socket) => {
    const to = request.url ?? '';
    asked.push({ to, authorization: request.headers['proxy-authorization'] });
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    if (!answers) {
      socket.on('end', () => socket.destroy()).resume();
      return;
    }
    const onward = connect(Number(to.split(':')[1]), '127.0.0.1');
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    onward.on('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    port: portOf(proxy.address()),
    asked,
    get open() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
