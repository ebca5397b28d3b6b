import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Clock, type Log, systemClock } from '../runtime/index.ts';
import type { Exposition, Metrics } from './metrics.ts';

/** What the telemetry server tells. */
export interface TelemetryParts {
  /** TCP port on every address; 0 takes a free one. */
  readonly port: number;
  readonly metrics: Pick<Metrics, 'exposition'>;
  /** A sentence for each thing that only a restart can mend; none when healthy. */
  notHealthy(): readonly string[];
  /** A sentence for each thing that keeps the process from doing its work; none when ready. */
  notReady(): readonly string[];
  readonly log: Log;
  readonly clock?: Clock;
}

/** A telemetry server that listens. */
export interface TelemetryServer {
  readonly port: number;
  /** Resolves when the server has closed, after the abort. */
  readonly closed: Promise<void>;
}

/** Two scrapers that come at once are given the same text: making it costs a stall that grows with the series. */
const expositionMs = 1000;

/**
 * Serves `/metrics`, `/healthz` and `/readyz` until aborted; resolves when it listens. It is to be aborted last, so that
 * a process that shuts down can say so. 503 means no, with one line for each reason.
 *
 * @throws Error when the port cannot be listened on.
 */
export async function startTelemetryServer(parts: TelemetryParts, signal: AbortSignal): Promise<TelemetryServer> {
  const exposition = remembered(parts);
  const server = createServer(
    { requestTimeout: 5000, headersTimeout: 4000, connectionsCheckingInterval: 1000, maxHeaderSize: 8192 },
    (request, response) => {
      answer({ ...parts, exposition }, request, response).catch((error: unknown) => {
        parts.log.error('telemetry request failed', { error });
        text(response, 500, 'the metrics could not be collected; the log says why\n');
      });
    },
  );
  server.maxConnections = 100;
  server.listen(parts.port); // without a host: `::`, and `0.0.0.0` where the machine has no IPv6
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : parts.port;
  return { port, closed: closedAfter(server, signal) };
}

type Answering = Pick<TelemetryParts, 'notHealthy' | 'notReady'> & { exposition(): Promise<Exposition> };

async function answer(parts: Answering, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(response, 405, 'only GET and HEAD\n');
  const [path = ''] = (request.url ?? '').split('?', 1);
  switch (path) {
    case '/metrics': {
      const { contentType, text: body } = await parts.exposition();
      response.writeHead(200, { 'content-type': contentType }).end(body);
      return undefined;
    }
    case '/healthz':
      return verdict(response, 'healthy', parts.notHealthy());
    case '/readyz':
      return verdict(response, 'ready', parts.notReady());
    default:
      return text(response, 404, 'there are /metrics, /healthz and /readyz\n');
  }
}

function verdict(response: ServerResponse, word: string, reasons: readonly string[]): void {
  if (reasons.length === 0) text(response, 200, `${word}\n`);
  else text(response, 503, `not ${word}:\n${reasons.map((reason) => `- ${reason}\n`).join('')}`);
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(body);
}

/** The exposition, made anew once the last one is a second old. */
function remembered({ metrics, clock = systemClock }: TelemetryParts): () => Promise<Exposition> {
  let last: { readonly atMs: number; readonly exposition: Promise<Exposition> } | undefined;
  return () => {
    if (last !== undefined && clock.monotonicMs() - last.atMs < expositionMs) return last.exposition;
    last = { atMs: clock.monotonicMs(), exposition: metrics.exposition() };
    return last.exposition;
  };
}

async function closedAfter(server: Server, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections(); // a scrape that is cut off is repeated at the next interval
  await closed;
}
