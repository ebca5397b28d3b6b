import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A request as the fake API server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers one request. */
export type Answerer = (request: SeenRequest, response: ServerResponse) => void;

/** An HTTP server in the place of an API server, on a free port, with a kubeconfig that leads to it. */
export interface ScriptedServer extends AsyncDisposable {
  /** Path of the kubeconfig; its user has the token file {@link tokenFile}. */
  readonly kubeconfig: string;
  readonly tokenFile: string;
  readonly requests: readonly SeenRequest[];
  /** Resets every connection, as a network does. */
  reset(): void;
  /** Refuses connections until {@link listen}. */
  refuse(): Promise<void>;
  /** Listens again, on the same port. */
  listen(): Promise<void>;
}

/** Starts a server that answers by `answer`. */
export async function scriptedServer(answer: Answerer): Promise<ScriptedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-api-server-'));
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((message, response) => {
    const parts: Buffer[] = [];
    message.on('data', (part: Buffer) => parts.push(part));
    message.on('end', () => {
      const url = new URL(message.url ?? '/', 'http://api');
      const body = Buffer.concat(parts).toString('utf8');
      const request = { method: message.method ?? '', url, headers: message.headers, body };
      requests.push(request);
      answer(request, response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  let port = 0;
  const listen = async (): Promise<void> => {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = portOf(server.address());
  };
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const refuse = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    reset();
    await closed;
  };
  await listen();
  const kubeconfig = join(folder, 'kubeconfig');
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'first-token\n');
  writeFileSync(kubeconfig, kubeconfigOf(`http://127.0.0.1:${port}`, tokenFile));
  return {
    kubeconfig,
    tokenFile,
    requests,
    reset,
    refuse,
    listen,
    async [Symbol.asyncDispose]() {
      if (server.listening) await refuse();
      rmSync(folder, { recursive: true });
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function kubeconfigOf(server: string, tokenFile: string): string {
  const authProvider = { name: 'tokenFile', config: { tokenFile } };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'fake', user: { 'auth-provider': authProvider } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    'current-context': 'fake',
  });
}
