/**
 * The Certificate controller: from a Certificate to the Secret that holds what it asks for.
 *
 * observe -> plan -> act, one step a pass (docs/architecture.md). Meets the route, issuer and reload controllers only in
 * objects on the API server.
 */
import type { AccountAccess, AcmeClient } from '../../acme/index.ts';
import type { Reason } from '../../api/index.ts';
import { type Cache, type EventRecorder, type KubeClient, keyOf } from '../../kube/index.ts';
import { type Clock, type Log, Pool, type Reconcile, runLoop, settled, WorkQueue } from '../../runtime/index.ts';
import { type CertificateRow, certificateSource } from '../certificate-row.ts';
import type { IngressRow } from '../ingress-row.ts';
import type { IssuerRow } from '../issuer-row.ts';
import { OwnWrites, type PlannedFrom } from '../own-writes.ts';
import { act } from './act.ts';
import { Budgets, type Remaining } from './budget/budgets.ts';
import type { Hands } from './hands.ts';
import { observe, type Sources } from './observe.ts';
import { Accounts } from './order/accounts.ts';
import { Orders } from './order/orders.ts';
import { plan } from './plan.ts';
import type { EndpointRow } from './reach/endpoint-row.ts';
import { type Probe, Probes } from './reach/probes.ts';
import { RenewalInfos } from './renewal/renewal-infos.ts';
import { RecentSecrets } from './secret/recent-secrets.ts';
import { Repairs } from './secret/repairs.ts';
import { Statuses } from './statuses.ts';
import { Revocations } from './verbs/revocations.ts';

export { verbReasons } from './events.ts';
export { type EndpointRow, endpointSource } from './reach/endpoint-row.ts';

/** What the controller is built from. */
export interface Parts {
  readonly client: Pick<KubeClient, 'get' | 'apply' | 'patch'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Pick<EventRecorder<Reason>, 'publish'>;
  readonly acme: (access: AccountAccess) => AcmeClient;
  readonly caches: {
    readonly certificates: Cache<CertificateRow>;
    readonly issuers: Cache<IssuerRow>;
    readonly clusterIssuers: Cache<IssuerRow>;
    readonly ingresses: Cache<IngressRow>;
    readonly endpoints: Cache<EndpointRow>;
    /** Our Secrets: only what their labels and annotations say is used. */
    readonly secrets: Pick<Cache<{ readonly certificateUID: string }>, 'onChange'>;
  };
  /** The operator's own namespace. */
  readonly namespace: string;
  /** The name of the responders' Service in it. */
  readonly responderService: string;
  /** The public id of this installation. */
  readonly installation: string;
  /** `probeHttp` of src/probe. */
  readonly probe: Probe;
  readonly workers?: number;
  /** Jitter of the retries; Math.random unless told. */
  readonly random?: () => number;
  /** Told of the reason of each Event about a Certificate: what came of it. */
  readonly onOutcome?: (outcome: Reason) => void;
  readonly onPass?: Parameters<typeof runLoop>[0]['onPass'];
  /** Given once: the queue, for metrics. */
  readonly onQueue?: (queue: Pick<WorkQueue, 'backlog'>) => void;
  /** Given once: what is left of the rate limits, for metrics. */
  readonly onBudgets?: (budgets: { remaining(): readonly Remaining[] }) => void;
  /** Told of each pass whose Certificate the cache did not show yet as we had written it. */
  readonly onBehind?: (from: PlannedFrom) => void;
}

const defaultWorkers = 32;
/**
 * Normal slots for more names than swallow packets in a bad hour: a probe that waits for an answer costs a socket and 14 KiB.
 * Where nothing is wrong a few dozen are in use, because answers come as fast as passes ask.
 */
const probeSlots = { slots: 1_152, slowSlots: 128, patienceMs: 1_000 };

/** Makes the controller; `run` works until aborted and resolves when its last pass has ended. */
export function certificateController(parts: Parts): { run(signal: AbortSignal): Promise<void> } {
  const { client, clock, caches, random = Math.random } = parts;
  const queue = new WorkQueue({ clock, random });
  const cache = caches.certificates;
  const writes = new OwnWrites({ client, clock, cache, source: certificateSource, onBehind: parts.onBehind });
  const statuses = new Statuses({ client, writes });
  const orders = new Orders({ clock });
  const secrets = new RecentSecrets({ client, clock, cache: caches.secrets });
  const repairs = new Repairs({ clock });
  const budgets = new Budgets({ ...parts, certificates: cache, issuerOf: (key) => issuerOf(caches, key) });
  const accounts = new Accounts(parts);
  const revocations = new Revocations({
    clock,
    accountOf: (key, signal) => accounts.ready(issuerOf(caches, key), signal),
  });
  const renewalInfos = new RenewalInfos({ clock, log: parts.log, promise: (key, ms) => queue.addAfter(key, ms) });
  const sources: Sources = {
    secrets,
    clock,
    certificates: caches.certificates,
    ingresses: caches.ingresses,
    endpoints: caches.endpoints,
    issuerOf: (key) => issuerOf(caches, key),
    accounts,
    budgets,
    orders,
    repairs,
    revocations,
    renewalInfos,
    probes: probesOf(parts, queue),
    responders: keyOf({ namespace: parts.namespace, name: parts.responderService }),
    installation: parts.installation,
  };
  const hands: Hands = {
    client: secrets.live,
    clock,
    orders,
    budgets,
    repairs,
    revocations,
    renewalInfos,
    statuses,
    events: parts.events,
    onOutcome: parts.onOutcome ?? (() => {}),
  };
  const reconcile = reconciler(sources, hands, writes);
  wakeOnChanges(caches, queue);
  parts.onQueue?.(queue);
  parts.onBudgets?.(budgets);
  return { run: (signal) => runLoop({ ...loopOf(parts), queue, reconcile }, signal) };
}

function loopOf({ log, clock, onPass, workers = defaultWorkers }: Parts) {
  return { log, clock, workers, ...(onPass === undefined ? {} : { onPass }) };
}

function probesOf({ clock, probe }: Parts, queue: WorkQueue): Probes {
  return new Probes({ clock, pool: new Pool({ clock, ...probeSlots }), probe, wake: (key) => queue.add(key) });
}

function reconciler(sources: Sources, hands: Hands, writes: OwnWrites<CertificateRow>): Reconcile {
  return async (key, signal) => {
    const certificate = await writes.current(key, signal);
    if (certificate === undefined) {
      sources.renewalInfos.forget(key);
      return settled; // deleted: owner references and the route's sweep take the rest
    }
    const observation = await observe(sources, certificate, signal);
    return act(hands, plan(observation.seen, hands.clock.now()), observation, signal);
  };
}

function issuerOf({ issuers, clusterIssuers }: Parts['caches'], key: string): IssuerRow | undefined {
  const [kind, ...rest] = key.split('/');
  return (kind === 'ClusterIssuer' ? clusterIssuers : issuers).get(rest.join('/'));
}

/** Which change wakes which Certificates; why a key was woken is never known to its pass. */
function wakeOnChanges(caches: Parts['caches'], queue: WorkQueue): void {
  const { certificates } = caches;
  certificates.onChange(({ key, before, after }) => {
    queue.add(key);
    // Whoever names the same Secret may own it now, or no longer.
    for (const row of [before, after]) {
      if (row !== undefined && before?.secretKey !== after?.secretKey) {
        queue.addAll(certificates.by('secret', row.secretKey));
      }
    }
  });
  for (const issuers of [caches.issuers, caches.clusterIssuers]) {
    issuers.onChange(({ before, after }) => {
      const row = after ?? before;
      if (row !== undefined) queue.addAll(certificates.by('issuer', row.key));
    });
  }
  caches.secrets.onChange(({ before, after }) => {
    const row = after ?? before;
    if (row !== undefined) queue.addAll(certificates.by('uid', row.certificateUID));
  });
  caches.ingresses.onChange(({ before, after }) => {
    const row = after ?? before;
    if (row !== undefined) queue.addAll(certificates.by('uid', row.certificateUID));
  });
}
