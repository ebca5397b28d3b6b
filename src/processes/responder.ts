import type { ResponderConfig } from '../config.ts';
import { knownInstallationId } from '../controllers/installation.ts';
import { type CacheEvent, listWatch } from '../kube/index.ts';
import { createResponder, pendingOrders } from '../responder/index.ts';
import { systemClock } from '../runtime/index.ts';
import { startTelemetryServer, watchEventLoop } from '../telemetry/index.ts';
import { apiServer } from './api-server.ts';
import type { Surroundings } from './surroundings.ts';

/** Answers challenges until aborted, then drains. Rejects when a port cannot be listened on. */
export async function runResponder(
  config: ResponderConfig,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  const clock = systemClock;
  const { log, metrics } = surroundings;
  const client = apiServer(config, surroundings);
  const resource = 'certificates';
  const onEvent = (event: CacheEvent): void => metrics.cacheEvents.inc({ resource, event });
  const orders = listWatch({ client, clock, log, onEvent }, pendingOrders);
  const responder = createResponder({
    orders,
    clock,
    log,
    port: config.port,
    readInstallation: (reading) => knownInstallationId(client, config.namespace, reading),
    drainMs: config.drainSeconds * 1000,
    onAnswer: (outcome) => metrics.responderRequests.inc({ outcome }),
  });
  metrics.beforeScrape(() => {
    metrics.cacheObjects.set({ resource }, orders.size);
    metrics.cacheSilentSeconds.set({ resource }, orders.silentMs() / 1000);
  });
  const telemetry = new AbortController(); // outlives `signal`: readiness has to be seen turning false
  const server = await startTelemetryServer(
    { port: config.telemetryPort, metrics, notHealthy: () => [], notReady: () => responder.notReady(), log },
    telemetry.signal,
  );
  const watched = watchEventLoop({ clock, metrics }, telemetry.signal);
  try {
    await responder.run(signal);
  } finally {
    telemetry.abort();
    await Promise.all([server.closed, watched, client.close()]);
  }
}
