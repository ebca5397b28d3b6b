/** How the programs of a cluster say that they serve. */

import { request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { connect } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Question extends Pick<RequestOptions, 'method' | 'ca' | 'rejectUnauthorized' | 'socketPath'> {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Default five seconds. */
  readonly timeoutMs?: number;
}

/** One HTTP request. Throws when no answer comes. */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const { body, timeoutMs = 5000, ...options } = question;
  const headers = { 'user-agent': 'evercert-cluster', ...options.headers }; // Pebble answers nobody without one
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { ...options, headers, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Whether a GET is answered by 200. */
export async function answers(url: string, question: Question = {}): Promise<boolean> {
  return ask(url, { timeoutMs: 2000, ...question }).then(
    ({ status }) => status === 200,
    () => false,
  );
}

/** Whether somebody accepts connections to a port of this host, or to a Unix socket. */
export async function listens(target: { readonly port: number } | { readonly path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: 2000 });
    const end = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}
