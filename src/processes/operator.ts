import { acmeClients } from '../acme/index.ts';
import { group, type Reason } from '../api/index.ts';
import type { OperatorConfig } from '../config.ts';
import { certificateController } from '../controllers/certificate/index.ts';
import { installationId } from '../controllers/installation.ts';
import { issuerController } from '../controllers/issuer/index.ts';
import { reloadController } from '../controllers/reload/index.ts';
import { routeController } from '../controllers/route/index.ts';
import { connect, type EventRecorder, eventRecorder, type KubeClient, leadWhileElected } from '../kube/index.ts';
import { probeHttp, probeTls } from '../probe/index.ts';
import { type Clock, Pool, sleep, systemClock } from '../runtime/index.ts';
import { countCertificates, type Metrics, startTelemetryServer, watchEventLoop } from '../telemetry/index.ts';
import { type Caches, makeCaches, measureCaches, named, staleCaches } from './caches.ts';
import { type Surroundings, userAgent } from './surroundings.ts';

const tlsProbeSlots = 32;
const retryMs = 2_000;

interface Parts extends Surroundings {
  readonly config: OperatorConfig;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly caches: Caches;
}

type Controller = { run(signal: AbortSignal): Promise<void> };

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
  const { log, metrics, version } = surroundings;
  const clock = systemClock;
  const client = connect({
    userAgent: userAgent(version),
    ...(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
  });
  const caches = makeCaches({ client, clock, log }, config.namespace);
  const parts: Parts = { ...surroundings, config, client, clock, caches };
  measure(parts);
  const ending = new AbortController(); // ends what serves the leader only after the leader has ended
  const { closed } = await startTelemetryServer(
    { port: config.telemetryPort, metrics, notHealthy: () => [], notReady: () => staleCaches(caches), log },
    ending.signal,
  );
  const watching = [watchEventLoop({ clock, metrics }, ending.signal), closed];
  try {
    const installation = await knownInstallation(parts, signal);
    if (installation === undefined) return;
    const controllers = makeControllers(parts, installation); // before the caches run, so that no change is missed
    watching.push(...named(caches).map(([, cache]) => cache.run(ending.signal)));
    await lead(parts, controllers, signal);
  } finally {
    ending.abort();
    await Promise.all(watching);
    await client.close();
  }
}

/** The installation's id; asked for until the API server gives it, undefined when aborted before. */
async function knownInstallation(
  { client, clock, config, log }: Parts,
  signal: AbortSignal,
): Promise<string | undefined> {
  while (!signal.aborted) {
    try {
      return await installationId(client, config.namespace, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      log.warn('the id of the installation is not known yet, trying again', { error });
      await sleep(clock, retryMs, signal).catch(() => undefined); // rejects when aborted alone
    }
  }
  return undefined;
}

function makeControllers(parts: Parts, installation: string): Controllers {
  const { client, clock, log, caches, config, metrics, version } = parts;
  const { namespace, responderService, responderPort, identity } = config;
  const events = eventRecorder<Reason>({ client, clock, log, controller: `${group}/operator`, instance: identity });
  const acme = acmeClients({
    userAgent: userAgent(version),
    onRequest: ({ resource, status, ms }) => {
      metrics.acmeRequests.inc({ resource, status: String(status) });
      metrics.acmeRequestSeconds.observe({ resource }, ms / 1000);
    },
  });
  const common = { client, clock, events, caches, namespace };
  const of = (controller: string) => ({ ...common, log: log.child({ controller }), ...measured(metrics, controller) });
  const { onPass } = measured(metrics, 'reload');
  const all: Controller[] = [
    issuerController({ ...of('issuer'), acme }),
    routeController({ ...of('route'), responderService, responderPort, installation }),
    certificateController({
      ...of('certificate'),
      acme,
      responderService,
      installation,
      probe: probeHttp,
      onOutcome: (outcome) => {
        if (outcome === 'issued') metrics.certificatesIssued.inc({});
        else metrics.issuanceFailures.inc({ reason: outcome });
      },
    }),
    reloadController({
      client,
      clock,
      log,
      caches,
      events: countedReloads(events, metrics),
      pool: new Pool({ slots: tlsProbeSlots }),
      probe: probeTls,
      onPass: (_, outcome, ms) => onPass(outcome, ms),
    }),
  ];
  return { all, events };
}

interface Controllers {
  readonly all: readonly Controller[];
  /** To be flushed at the end. */
  readonly events: Pick<EventRecorder<Reason>, 'flush'>;
}

/** The hooks by which a controller tells how its passes end and how many wait. */
function measured(metrics: Metrics, controller: string) {
  return {
    onPass: (outcome: string, ms: number): void => {
      metrics.reconciles.inc({ controller, outcome });
      metrics.reconcileSeconds.observe({ controller }, ms / 1000);
    },
    onQueue: (depth: () => number): void => {
      metrics.beforeScrape(() => metrics.queueDepth.set({ controller }, depth()));
    },
  };
}

/** Events of reloads, of which the ends are counted. */
function countedReloads(events: EventRecorder<Reason>, metrics: Metrics): EventRecorder<Reason> {
  return {
    publish: (note) => {
      if (note.reason !== 'Reloading') metrics.reloads.inc({ outcome: note.reason });
      events.publish(note);
    },
    flush: () => events.flush(),
  };
}

/** Runs the controllers while the Lease is held, or at once where none is wanted. */
async function lead(parts: Parts, { all, events }: Controllers, signal: AbortSignal): Promise<void> {
  const { client, clock, log, config, caches, metrics } = parts;
  const work = async (leading: AbortSignal): Promise<void> => {
    await Promise.all(named(caches).map(([, cache]) => cache.whenSynced(leading))).catch(() => undefined);
    if (leading.aborted) return; // the one reason for which a wait for caches is given up
    await Promise.all(all.map((controller) => controller.run(leading)));
    await events.flush();
  };
  if (!config.leaderElection) return work(signal);
  await leadWhileElected(
    {
      client,
      clock,
      log,
      lease: { namespace: config.namespace, name: config.lease },
      identity: config.identity,
      lead: work,
      onChange: (leading) => metrics.leader.set({}, leading ? 1 : 0),
    },
    signal,
  );
}

function measure({ metrics, caches, version, clock }: Parts): void {
  metrics.buildInfo.set({ version }, 1);
  metrics.leader.set({}, 0);
  metrics.beforeScrape(() => {
    measureCaches(caches, metrics);
    const figures = [...caches.certificates.list()].map(({ namespace, issuerKey, status }) => ({
      namespace,
      issuer: issuerKey,
      ready: status.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown',
      notAfter: status.notAfter === undefined ? undefined : new Date(status.notAfter),
    }));
    countCertificates(metrics, figures, clock.now());
  });
}
