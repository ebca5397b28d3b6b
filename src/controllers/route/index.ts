/**
 * The route controller: keeps, for each Certificate, the path rules that lead the challenge path of its names to the
 * responders; they stay between renewals. Removes those of Certificates that are gone.
 *
 * observe -> plan -> act, one step a pass. Meets the other controllers only in objects on the API server.
 */
import { type Cache, type KubeClient, refOf } from '../../kube/index.ts';
import {
  type Clock,
  type Log,
  type Loop,
  type Reconcile,
  requeueAfter,
  runLoop,
  WorkQueue,
} from '../../runtime/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import { type IngressRow, ingressSource } from '../ingress-row.ts';
import type { IssuerRow } from '../issuer-row.ts';
import { OwnWrites, type PlannedFrom } from '../own-writes.ts';
import { act, type Hands } from './act.ts';
import { defaultClass, type IngressClassRow } from './ingress-class-row.ts';
import { observe, type Sources } from './observe.ts';
import { Pace } from './pace.ts';
import { type Plan, plan } from './plan.ts';
import type { Target } from './routes.ts';

export { type IngressClassRow, ingressClassSource } from './ingress-class-row.ts';

/** What the controller is built from. */
export interface Parts extends Target {
  readonly client: Pick<KubeClient, 'get' | 'apply' | 'remove'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly caches: {
    /** Of `certificateSource`. */
    readonly certificates: Cache<CertificateRow>;
    /** Of `issuerSource`. */
    readonly issuers: Cache<IssuerRow>;
    /** Of `clusterIssuerSource`. */
    readonly clusterIssuers: Cache<IssuerRow>;
    /** Of `ingressSource`, in the operator's namespace. */
    readonly ingresses: Cache<IngressRow>;
    /** Of `ingressClassSource`. */
    readonly ingressClasses: Cache<IngressClassRow>;
  };
  /** Default: 8. */
  readonly workers?: number;
  readonly random?: () => number;
  readonly onPass?: Loop['onPass'];
  /** Given once: the queue, for metrics. */
  readonly onQueue?: (queue: Pick<WorkQueue, 'backlog'>) => void;
  /** Told of each Ingress that a pass wanted and the cache did not show yet as we had written it. */
  readonly onBehind?: (from: PlannedFrom) => void;
}

const defaultWorkers = 8;
/** Less than half of what an ingress controller takes up: the clients of Traefik's and others' write five statuses a second. */
const secondOnes = { atOnce: 8, everyMs: 500 };

/**
 * Makes the controller; `run` waits for its caches, then works until aborted and resolves when its last pass has ended. To be
 * called once. What was left behind while nobody ran is swept by the first list of the Ingresses.
 */
export function routeController(parts: Parts): { run(signal: AbortSignal): Promise<void> } {
  const { client, clock, log, caches, random, workers = defaultWorkers, onPass } = parts;
  const queue = new WorkQueue({ clock, ...(random === undefined ? {} : { random }) });
  const source = ingressSource(parts.namespace);
  const writes = new OwnWrites({ client, clock, cache: caches.ingresses, source, onBehind: parts.onBehind });
  const pace = new Pace(clock, secondOnes);
  const reconcile = reconciler(sourcesOf(parts, writes), { client, log, writes }, pace);
  wakeOnChanges(caches, queue);
  parts.onQueue?.(queue);
  return {
    run: async (signal) => {
      if (!(await allSynced(caches, signal))) return;
      const loop = { queue, reconcile, workers, log, clock, ...(onPass === undefined ? {} : { onPass }) };
      await runLoop({ ...loop, identify: (key) => ({ controller: 'route', ...refOf(key) }) }, signal);
    },
  };
}

function reconciler(sources: Sources, hands: Hands, pace: Pace): Reconcile {
  return async (key, signal) => {
    const seen = await observe(sources, key, signal);
    const next = plan(seen);
    const waitMs = isNewSecond(next) ? pace.take(key) : 0;
    if (waitMs > 0) return requeueAfter(waitMs);
    pace.leave(key);
    return act(hands, next, seen.certificate, signal);
  };
}

function isNewSecond(next: Plan): boolean {
  return next.step === 'apply' && next.route.isSecond && next.replaces === undefined;
}

function sourcesOf(parts: Parts, writes: OwnWrites<IngressRow>): Sources {
  const { client, caches, namespace, responderService, responderPort, installation } = parts;
  const { ingressClasses } = caches;
  return {
    client,
    certificates: caches.certificates,
    ingresses: caches.ingresses,
    issuerOf: (key) => {
      const { namespace: kind, name } = refOf(key);
      return (kind === 'ClusterIssuer' ? caches.clusterIssuers : caches.issuers).get(name);
    },
    classes: { get: (name) => ingressClasses.get(name), default: () => defaultClass(ingressClasses.list()) },
    writes,
    target: { namespace, responderService, responderPort, installation },
  };
}

/** Which change wakes which Certificates; why a key was woken is never known to its pass. */
function wakeOnChanges(caches: Parts['caches'], queue: WorkQueue): void {
  const { certificates } = caches;
  certificates.onChange(({ key }) => queue.add(key));
  for (const issuers of [caches.issuers, caches.clusterIssuers]) {
    issuers.onChange(({ before, after }) => {
      const row = after ?? before;
      if (row !== undefined) queue.addAll(certificates.by('issuer', row.key));
    });
  }
  caches.ingressClasses.onChange(() => queue.addAll(certificates.list()));
  caches.ingresses.onChange(({ before, after }) => {
    // An edit may have taken away what says whose it is.
    for (const row of [before, after])
      if (row !== undefined && row.certificateKey !== '') queue.add(row.certificateKey);
  });
}

/** Without all of its classes and issuers a pass would take wrong for right. */
async function allSynced(caches: Parts['caches'], signal: AbortSignal): Promise<boolean> {
  const { certificates, issuers, clusterIssuers, ingresses, ingressClasses } = caches; // the caller's may hold more
  const needed = [certificates, issuers, clusterIssuers, ingresses, ingressClasses];
  try {
    await Promise.all(needed.map((cache) => cache.whenSynced(signal)));
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
