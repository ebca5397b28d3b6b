import { once } from 'node:events';
import type { FastifyInstance } from 'fastify';
import type { Cache } from '../kube/index.ts';
import { type Clock, type Log, sleep } from '../runtime/index.ts';
import { Installation, type ReadInstallation } from './installation.ts';
import { keyAuthorization, type PendingOrder } from './pending-order.ts';
import { challengeServer, type ResponderOutcome } from './server.ts';

/** Bookmarks come about once a minute; whoever has heard nothing for longer may hold orders that are gone. */
const maxSilentMs = 90_000;

/** How long requests that are under way at the end may take. */
const closeMs = 5000;

/** What a responder is made of. */
export interface ResponderParts {
  /** The cache of `pendingOrders`; the responder runs it. */
  readonly orders: Cache<PendingOrder>;
  readonly clock: Clock;
  readonly log: Log;
  /** TCP port; 0 takes a free one. */
  readonly port: number;
  readonly readInstallation: ReadInstallation;
  /** How long requests are answered after the abort, so that every router has seen the unready endpoint. */
  readonly drainMs: number;
  readonly onAnswer?: (outcome: ResponderOutcome) => void;
}

/** Answers challenges; made by `createResponder`. */
export interface Responder {
  /**
   * Serves until aborted, then goes on for `drainMs` (unready), closes idle connections, lets what is under way end and
   * resolves. Rejects when the port cannot be listened on. To be called once.
   */
  run(signal: AbortSignal): Promise<void>;
  /** A sentence for each thing that keeps the responder from being ready; none when it is. */
  notReady(): readonly string[];
  /** The port, once it is listened on. Never settles if it never is. */
  readonly listening: Promise<number>;
}

/** Makes a responder that does nothing yet. */
export function createResponder(parts: ResponderParts): Responder {
  const { orders, clock, log } = parts;
  const installation = new Installation({ read: parts.readInstallation, clock, log });
  const listening = Promise.withResolvers<number>();
  let phase: Phase = 'starting';
  const server = challengeServer({
    keyAuthorization: (host, token) => keyAuthorization(orders, host, token),
    installationId: () => installation.id,
    draining: () => phase === 'draining',
    onAnswer: parts.onAnswer ?? (() => undefined),
  });

  async function serve(signal: AbortSignal): Promise<void> {
    const port = await listen(server, parts.port);
    phase = 'serving';
    log.info('responder listens', { address: `:${port}` });
    listening.resolve(port);
    if (!signal.aborted) await once(signal, 'abort');
    phase = 'draining';
    log.info('responder drains', { durationMs: parts.drainMs });
    await sleep(clock, parts.drainMs);
    await close(server, clock);
    log.info('responder closed');
  }

  return {
    listening: listening.promise,
    notReady: () => [...whyNotServing(phase), ...whyStale(orders), ...whyUnknown(installation)],
    async run(signal) {
      const serving = new AbortController(); // outlives `signal` by the drain: new orders are answered to the end
      const fed = Promise.all([orders.run(serving.signal), installation.watch(serving.signal)]);
      try {
        await serve(signal);
      } finally {
        serving.abort();
        await fed;
      }
    },
  };
}

type Phase = 'starting' | 'serving' | 'draining';

function whyNotServing(phase: Phase): readonly string[] {
  if (phase === 'serving') return [];
  return [phase === 'starting' ? 'the challenge port is not listened on yet' : 'the responder is shutting down'];
}

function whyStale(orders: Cache<PendingOrder>): readonly string[] {
  if (!orders.synced) return ['the Certificates with a pending order have not been listed yet'];
  const silentMs = orders.silentMs();
  if (silentMs <= maxSilentMs) return [];
  return [`the API server has sent neither event nor bookmark for ${Math.round(silentMs / 1000)} s (at most 90 s)`];
}

function whyUnknown(installation: Installation): readonly string[] {
  if (installation.id !== undefined) return [];
  return ['the id of the installation is not known yet; the operator makes it (ConfigMap evercert-installation)'];
}

/** Listens on every address: Node takes `::`, and `0.0.0.0` where the machine has no IPv6, for an empty host. */
async function listen(server: FastifyInstance, port: number): Promise<number> {
  await server.listen({ port, host: '' });
  const address = server.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** Node stops looking for slow requests once a server closes, so the last bound on them is ours. */
async function close(server: FastifyInstance, clock: Clock): Promise<void> {
  const cancel = clock.after(closeMs, () => server.server.closeAllConnections());
  await server.close();
  cancel();
}
