/**
 * The issuer controller: makes or finds the ACME account of each Issuer and ClusterIssuer, and says in the status whether
 * certificates can be ordered with it.
 *
 * observe -> plan -> act, one step a pass. Meets the other controllers only in objects on the API server.
 */
import type { AccountAccess, AcmeClient } from '../../acme/index.ts';
import type { Reason } from '../../api/index.ts';
import { type Cache, type EventRecorder, type KubeClient, refOf } from '../../kube/index.ts';
import {
  type Clock,
  type Log,
  type LogFields,
  type Loop,
  type Reconcile,
  runLoop,
  settled,
  WorkQueue,
} from '../../runtime/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import { clusterIssuerSource, type IssuerRow, issuerSource } from '../issuer-row.ts';
import { OwnWrites, type PlannedFrom } from '../own-writes.ts';
import { AccountLookups } from './account-lookups.ts';
import { act, type Hands, type IssuerWrites } from './act.ts';
import { observe, type Sources } from './observe.ts';
import { plan } from './plan.ts';

/** What the controller is built from. */
export interface Parts {
  readonly client: Pick<KubeClient, 'get' | 'apply'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Pick<EventRecorder<Reason>, 'publish'>;
  readonly acme: (access: AccountAccess) => AcmeClient;
  readonly caches: {
    /** Of `issuerSource`. */
    readonly issuers: Cache<IssuerRow>;
    /** Of `clusterIssuerSource`. */
    readonly clusterIssuers: Cache<IssuerRow>;
    /** Of `certificateSource`: their open orders are finished before an account's key is changed. */
    readonly certificates: Pick<Cache<CertificateRow>, 'by'>;
  };
  /** The operator's own namespace: the Secrets of ClusterIssuers stand there. */
  readonly namespace: string;
  /** Default: 4. */
  readonly workers?: number;
  readonly random?: () => number;
  readonly onPass?: Loop['onPass'];
  /** Given once: the queue, for metrics. */
  readonly onQueue?: (queue: Pick<WorkQueue, 'backlog'>) => void;
  /** Told of each pass whose issuer the cache did not show yet as we had written it. */
  readonly onBehind?: (from: PlannedFrom) => void;
}

const defaultWorkers = 4;

/** Makes the controller; `run` works until aborted and resolves when its last pass has ended. To be called once. */
export function issuerController(parts: Parts): { run(signal: AbortSignal): Promise<void> } {
  const { client, clock, log, caches, namespace, workers = defaultWorkers, onPass } = parts;
  const queue = new WorkQueue(withRandom({ clock }, parts.random));
  const lookups = new AccountLookups(withRandom({ clock, acme: parts.acme }, parts.random));
  const own = { client, clock, onBehind: parts.onBehind };
  const writes: IssuerWrites = {
    Issuer: new OwnWrites({ ...own, cache: caches.issuers, source: issuerSource }),
    ClusterIssuer: new OwnWrites({ ...own, cache: caches.clusterIssuers, source: clusterIssuerSource }),
  };
  const hands: Hands = { client, clock, lookups, writes, events: parts.events };
  const issuers = (): readonly IssuerRow[] => [...caches.issuers.list(), ...caches.clusterIssuers.list()];
  const { certificates } = caches;
  const reconcile = reconciler({ client, clock, lookups, certificates, issuers, namespace }, hands);

  for (const cache of [caches.issuers, caches.clusterIssuers]) {
    cache.onChange(({ before, after }) => {
      const row = after ?? before;
      if (row !== undefined) queue.add(row.key);
    });
  }
  parts.onQueue?.(queue);
  return {
    run: (signal) =>
      runLoop({ queue, reconcile, workers, log, clock, identify, ...(onPass === undefined ? {} : { onPass }) }, signal),
  };
}

function reconciler(sources: Sources, hands: Hands): Reconcile {
  return async (key, signal) => {
    const { namespace: kind, name } = refOf(key);
    const issuer = await hands.writes[kind === 'ClusterIssuer' ? kind : 'Issuer'].current(name, signal);
    if (issuer === undefined) {
      hands.lookups.forget(key); // the account and its key stay: other issuers, and the next of this name, may use them
      return settled;
    }
    const seen = await observe(sources, issuer, signal);
    return act(hands, plan(seen, hands.clock.now()), seen, signal);
  };
}

function identify(key: string): LogFields {
  const { namespace: kind, name } = refOf(key);
  return { controller: 'issuer', issuer: key, ...(kind === 'ClusterIssuer' ? { name } : refOf(name)) };
}

function withRandom<T extends object>(parts: T, random: (() => number) | undefined): T & { random?: () => number } {
  return random === undefined ? parts : { ...parts, random };
}
