import { acmeClients } from '../acme/index.ts';
import type { OperatorConfig } from '../config.ts';
import { probeHttp, probeTls } from '../probe/index.ts';
import { systemClock } from '../runtime/index.ts';
import { countCertificates, type Metrics, startTelemetryServer, watchEventLoop } from '../telemetry/index.ts';
import { apiServer } from './api-server.ts';
import { type Caches, measureCaches, staleCaches } from './caches.ts';
import { createOperator } from './operator.ts';
import { type Surroundings, userAgent } from './surroundings.ts';

/**
 * Reconciles while elected, until aborted; its caches are kept warm while another leads.
 *
 * Rejects with `LeaseLostError` when the lead is lost: the process has to end, since nothing of it may write any more.
 */
export async function runOperator(
  config: OperatorConfig,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  const { log, metrics } = surroundings;
  const clock = systemClock;
  const client = apiServer(config, surroundings);
  const acme = measuredAcme(surroundings);
  const operator = createOperator({ ...surroundings, config, client, clock, acme, probeHttp, probeTls });
  measure(surroundings, operator.caches);
  const ending = new AbortController(); // ends what serves the operator only after it has ended
  const { closed } = await startTelemetryServer(
    { port: config.telemetryPort, metrics, notHealthy: () => [], notReady: () => staleCaches(operator.caches), log },
    ending.signal,
  );
  const watched = watchEventLoop({ clock, metrics }, ending.signal);
  try {
    await operator.run(signal);
  } finally {
    ending.abort();
    await Promise.all([closed, watched, client.close()]);
  }
}

/** The ACME clients of the process, whose requests are counted. */
function measuredAcme({ metrics, version }: Surroundings): ReturnType<typeof acmeClients> {
  return acmeClients({
    userAgent: userAgent(version),
    onRequest: ({ resource, status, ms }) => {
      metrics.acmeRequests.inc({ resource, status: String(status) });
      metrics.acmeRequestSeconds.observe({ resource }, ms / 1000);
    },
  });
}

function measure({ metrics, version }: { metrics: Metrics; version: string }, caches: Caches): void {
  metrics.buildInfo.set({ version }, 1);
  metrics.leader.set({}, 0);
  metrics.beforeScrape(() => {
    measureCaches(caches, metrics);
    return countCertificates(metrics, caches.certificates.list(), systemClock.now());
  });
}
