import type { AccountAccess, AcmeClient } from '../acme/index.ts';
import { group, type Reason } from '../api/index.ts';
import type { OperatorConfig } from '../config.ts';
import {
  type Parts as CertificateParts,
  certificateController,
  verbReasons,
} from '../controllers/certificate/index.ts';
import { installationId } from '../controllers/installation.ts';
import { issuerController } from '../controllers/issuer/index.ts';
import { presetIssuers } from '../controllers/preset-issuers.ts';
import { type ReloadParts, reloadController } from '../controllers/reload/index.ts';
import { routeController } from '../controllers/route/index.ts';
import { type EventRecorder, eventRecorder, type KubeClient, leadWhileElected, Tenure } from '../kube/index.ts';
import { type Clock, Pool, sleep, type WorkQueue } from '../runtime/index.ts';
import type { Metrics } from '../telemetry/index.ts';
import { type Caches, makeCaches, named } from './caches.ts';
import type { Surroundings } from './surroundings.ts';

/** Few, because a handshake costs both sides some milliseconds of a core. */
const tlsProbeSlots = { slots: 64, slowSlots: 32, patienceMs: 500 };
const retryMs = 2_000;

/** What an operator is made of: its settings, and all that it reaches the rest of the world by. */
export interface OperatorParts extends Surroundings {
  readonly config: OperatorConfig;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly acme: (access: AccountAccess) => AcmeClient;
  readonly probeHttp: CertificateParts['probe'];
  readonly probeTls: ReloadParts['probe'];
  /** Of every jitter; Math.random unless told. */
  readonly random?: () => number;
}

/** Made by {@link createOperator}. */
export interface Operator {
  readonly caches: Caches;
  /** Reconciles while elected, until aborted. To be called once. Rejects with `LeaseLostError` when the lead is lost. */
  run(signal: AbortSignal): Promise<void>;
}

interface Parts extends OperatorParts {
  readonly caches: Caches;
  /** For as long as it lasts the controllers may call the API server. */
  readonly tenure: Tenure;
}

type Controller = { run(signal: AbortSignal): Promise<void> };

/** Makes an operator that does nothing yet. */
export function createOperator(given: OperatorParts): Operator {
  const caches = makeCaches(given, given.config.namespace);
  const parts: Parts = { ...given, caches, tenure: new Tenure(given.clock) };
  return {
    caches,
    async run(signal) {
      const installation = await knownInstallation(parts, signal);
      if (installation === undefined) return;
      const controllers = makeControllers(parts, installation); // before the caches run, so that no change is missed
      const watching = new AbortController(); // caches serve the controllers to their end
      const watched = named(caches).map(([, cache]) => cache.run(watching.signal));
      try {
        await lead(parts, controllers.all, signal);
      } finally {
        watching.abort();
        await Promise.all([...watched, controllers.events.flush()]); // after the release, which a standby waits for
      }
    },
  };
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
  const { client, clock, log, caches, config, metrics, acme, random } = parts;
  const { namespace, responderService, responderPort, identity } = config;
  const events = eventRecorder<Reason>({
    client,
    clock,
    log,
    controller: `${group}/operator`,
    instance: identity,
    onOutcome: (outcome) => metrics.events.inc({ outcome }),
  });
  const jitter = random === undefined ? {} : { random };
  const guarded = parts.tenure.guard(client);
  const common = { client: guarded, clock, events, caches, namespace, ...jitter };
  const of = (controller: string) => ({ ...common, log: log.child({ controller }), ...measured(metrics, controller) });
  const { onPass, onBehind } = measured(metrics, 'reload');
  const all: Controller[] = [
    issuerController({ ...of('issuer'), acme }),
    routeController({ ...of('route'), responderService, responderPort, installation }),
    certificateController({
      ...of('certificate'),
      acme,
      responderService,
      installation,
      probe: parts.probeHttp,
      onOutcome: (outcome) => {
        if (outcome === 'Issued') metrics.certificatesIssued.inc({});
        else if (verbReasons.has(outcome)) metrics.verbs.inc({ reason: outcome });
        else metrics.issuanceFailures.inc({ reason: outcome });
      },
      onBudgets: (budgets) =>
        metrics.beforeScrape(() => {
          for (const { ca, limit, tokens } of budgets.remaining()) metrics.rateBudget.set({ ca, limit }, tokens);
        }),
    }),
    reloadController({
      client: guarded,
      clock,
      log,
      caches,
      events: countedReloads(events, metrics),
      pool: new Pool({ clock, ...tlsProbeSlots }),
      probe: parts.probeTls,
      ...jitter,
      onPass: (_, outcome, ms) => onPass(outcome, ms),
      onQueue: (loop, queue) => measureQueue(metrics, loop, queue),
      onBehind,
    }),
  ];
  if (config.letsEncrypt) {
    const presets = { email: config.letsEncryptEmail, ingressClassName: config.letsEncryptIngressClass };
    all.push(presetIssuers({ client: guarded, clock, log, presets }));
  }
  return { all, events };
}

interface Controllers {
  readonly all: readonly Controller[];
  /** To be flushed at the end. */
  readonly events: Pick<EventRecorder<Reason>, 'flush'>;
}

/** The hooks by which a controller tells how its passes end and what waits. */
function measured(metrics: Metrics, controller: string) {
  return {
    onPass: (outcome: string, ms: number): void => {
      metrics.reconciles.inc({ controller, outcome });
      metrics.reconcileSeconds.observe({ controller }, ms / 1000);
    },
    onQueue: (queue: Pick<WorkQueue, 'backlog'>): void => measureQueue(metrics, controller, queue),
    onBehind: (from: string): void => metrics.staleCachePasses.inc({ controller, from }),
  };
}

/** Sets the gauges of a queue before each scrape. */
function measureQueue(metrics: Metrics, controller: string, queue: Pick<WorkQueue, 'backlog'>): void {
  metrics.beforeScrape(() => {
    const { ready, later, longestWaitMs } = queue.backlog();
    metrics.queueDepth.set({ controller }, ready);
    metrics.queueLater.set({ controller }, later);
    metrics.queueLongestWaitSeconds.set({ controller }, longestWaitMs / 1000);
  });
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
async function lead(parts: Parts, all: Controllers['all'], signal: AbortSignal): Promise<void> {
  const { client, clock, log, config, caches, metrics, random } = parts;
  const { podUID } = config;
  const work = async (leading: AbortSignal): Promise<void> => {
    await Promise.all(named(caches).map(([, cache]) => cache.whenSynced(leading))).catch(() => undefined);
    if (leading.aborted) return; // the one reason for which a wait for caches is given up
    await Promise.all(all.map((controller) => controller.run(leading)));
  };
  if (!config.leaderElection) return work(signal);
  await leadWhileElected(
    {
      client,
      clock,
      log,
      lease: { namespace: config.namespace, name: config.lease },
      identity: config.identity,
      ...(podUID === undefined ? {} : { pod: { apiVersion: 'v1', kind: 'Pod', name: config.identity, uid: podUID } }),
      tenure: parts.tenure,
      lead: work,
      onChange: (leading) => metrics.leader.set({}, leading ? 1 : 0),
      ...(random === undefined ? {} : { random }),
    },
    signal,
  );
}
