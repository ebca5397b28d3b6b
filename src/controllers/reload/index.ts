/**
 * The reload controller: sees to it that workloads really serve the certificates in the Secrets they consume.
 *
 * Two loops over the same observation. The first is keyed by workload: it asks ready pods over TLS what they serve and rolls
 * a workload out, once for all of its Secrets, where pods hold an earlier certificate. The second is keyed by Certificate: it
 * tells in `status.reload` and in the condition `Reloaded` how far that has come. Neither remembers anything that a restart
 * would miss: start times, leaves and progress are read from the API server, and what pods serve is asked again.
 */
import type { EventRecorder, KubeClient } from '../../kube/index.ts';
import { type Cache, keyOf, refOf } from '../../kube/index.ts';
import {
  type Clock,
  type Log,
  type LogFields,
  type PassOutcome,
  type Pool,
  type Reconcile,
  type Result,
  requeueAt,
  runLoop,
  settled,
  Turns,
  WorkQueue,
} from '../../runtime/index.ts';
import { certificateSource } from '../certificate-row.ts';
import { OwnWrites, type PlannedFrom } from '../own-writes.ts';
import { type EventReason, rollOut, writeStatus } from './act.ts';
import { type Caches, Observer, type OwnRows } from './observe.ts';
import { plan } from './plan.ts';
import { daemonSetSource, deploymentSource, statefulSetSource, type WorkloadRow } from './rows.ts';
import { type Probe, ServedLeaves } from './served-leaves.ts';
import { planStatus } from './status.ts';

export type { EventReason } from './act.ts';
export type { Caches } from './observe.ts';
export {
  daemonSetSource,
  deploymentSource,
  podSource,
  secretSource,
  statefulSetSource,
} from './rows.ts';
export type { Probe } from './served-leaves.ts';

/** What the controller is made of. */
export interface ReloadParts {
  readonly client: Pick<KubeClient, 'get' | 'apply'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Pick<EventRecorder<EventReason>, 'publish'>;
  /** Made from the sources of this folder and of `certificate-row.ts`; `certificates` and they are run by the caller. */
  readonly caches: Caches;
  /** Slots for probes; may be shared with others. */
  readonly pool: Pool;
  /** `probeTls` of src/probe. */
  readonly probe: Probe;
  /** Jitter of the retries; Math.random unless told. */
  readonly random?: () => number;
  /** Told the outcome and the duration of each pass of one of the two loops, for metrics. Must not throw. */
  readonly onPass?: (loop: 'reload' | 'reload-status', outcome: PassOutcome, ms: number) => void;
  /** Given the queue of each of the two loops when a term begins, for metrics. */
  readonly onQueue?: (loop: 'reload' | 'reload-status', queue: Pick<WorkQueue, 'backlog'>) => void;
  /** Told of each pass whose workload or Certificate the cache did not show yet as we had written it. */
  readonly onBehind?: (from: PlannedFrom) => void;
}

const workers = 2;

/**
 * Makes the controller. Its `run` is for one leader's term: it waits for the caches, looks at every Secret of ours, and then
 * works on what changes until aborted. It resolves when the last pass has ended, and never runs twice at once.
 */
export function reloadController(parts: ReloadParts): { run(signal: AbortSignal): Promise<void> } {
  const own = ownRows(parts);
  let term: Term | undefined;
  listen(parts.caches, () => term);
  return {
    async run(signal) {
      if (!(await allSynced(parts.caches, signal))) return;
      const current = new Term(parts, own);
      term = current;
      try {
        await Promise.all([current.wakeAll(signal), current.run(signal)]);
      } finally {
        term = undefined;
      }
    },
  };
}

/** Everything that lives as long as the lease is held. */
class Term {
  readonly leaves: ServedLeaves;
  readonly #parts: ReloadParts;
  readonly #own: OwnRows;
  readonly #observer: Observer;
  readonly #workloads: WorkQueue;
  readonly #certificates: WorkQueue;

  constructor(parts: ReloadParts, own: OwnRows) {
    const { clock, caches, log, random } = parts;
    const queueParts = { clock, ...(random === undefined ? {} : { random }) };
    this.#parts = parts;
    this.#own = own;
    this.#workloads = new WorkQueue(queueParts);
    this.#certificates = new WorkQueue(queueParts);
    this.leaves = new ServedLeaves({ ...parts, log: log.child({ controller: 'reload' }) }, ({ workload }) =>
      this.wakeOwner(workload),
    );
    this.#observer = new Observer(caches, own, this.leaves);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, onPass, onQueue } = this.#parts;
    const loop = (name: 'reload' | 'reload-status', queue: WorkQueue, reconcile: Reconcile): Promise<void> => {
      onQueue?.(name, queue);
      return runLoop(
        {
          queue,
          reconcile,
          workers,
          clock,
          log: log.child({ controller: name }),
          identify,
          onPass: (outcome, ms) => onPass?.(name, outcome, ms),
        },
        signal,
      );
    };
    const workloads = loop('reload', this.#workloads, this.#reconcileWorkload);
    const certificates = loop('reload-status', this.#certificates, this.#reconcileCertificate);
    await Promise.all([workloads, certificates]);
  }

  /** Every Certificate; where they are many, the event loop has turns in between. */
  async wakeAll(signal: AbortSignal): Promise<void> {
    const turns = new Turns();
    for (const { key } of this.#parts.caches.certificates.list()) {
      this.wakeCertificate(key);
      if (turns.isOver) await turns.next();
      if (signal.aborted) return;
    }
  }

  /** A Certificate, and the workloads that consume its Secret. */
  wakeCertificate(key: string): void {
    this.#certificates.add(key);
    const certificate = this.#parts.caches.certificates.get(key);
    if (certificate !== undefined) this.wakeSecret(certificate.secretKey);
  }

  /** The Certificates that name a Secret, the workloads that consume it, and all Certificates that those do. */
  wakeSecret(key: string): void {
    for (const row of this.#parts.caches.certificates.by('secret', key)) this.#certificates.add(row.key);
    for (const row of this.#observer.workloadsOf(key)) this.wakeWorkload(row);
  }

  /** A workload and the Certificates that it consumes; nothing where it consumes none. */
  wakeWorkload({ key, namespace, secretNames }: WorkloadRow): void {
    for (const name of secretNames) {
      const secret = this.#parts.caches.secrets.get(keyOf({ namespace, name }));
      if (secret === undefined) continue;
      this.#workloads.add(key);
      const certificate = this.#observer.certificateOf(secret);
      if (certificate !== undefined) this.#certificates.add(certificate.key);
    }
  }

  /** The workload of this key, as {@link wakeWorkload} does. */
  wakeOwner(key: string): void {
    const row = this.#observer.row(key);
    if (row !== undefined) this.wakeWorkload(row);
  }

  readonly #reconcileWorkload: Reconcile = async (key, signal) => {
    const seen = await this.#observer.workload(key, signal);
    if (seen === undefined) return settled;

    const now = this.#parts.clock.now();
    const next = plan(seen, now);
    if (next.step === 'rest') return rest(next.until, now);
    if (next.step === 'probe') {
      for (const target of next.targets) this.leaves.ask(target, signal);
      return settled; // each answer wakes us
    }
    const written = await rollOut(this.#parts, seen, next.secrets, signal);
    this.#own.workloads[seen.workload.kind].note(seen.workload, written);
    const log = this.#parts.log.child({ controller: 'reload', ...identify(key) });
    log.info('workload is rolled out, because its pods hold an earlier certificate', { count: seen.pods.length });
    return settled; // the workload that we wrote wakes us
  };

  readonly #reconcileCertificate: Reconcile = async (key, signal) => {
    const consumers = await this.#observer.consumers(key, signal);
    if (consumers === undefined) return settled;

    const now = this.#parts.clock.now();
    const next = planStatus(consumers, now);
    if (next.step === 'rest') return rest(next.until, now);
    const written = await writeStatus(this.#parts, consumers.certificate, next, signal);
    this.#own.certificates.note(consumers.certificate, written);
    return settled; // the Certificate that we wrote wakes us
  };
}

/** What we wrote outlives a term. */
function ownRows({ client, clock, caches, onBehind }: ReloadParts): OwnRows {
  const own = { client, clock, onBehind };
  return {
    certificates: new OwnWrites({ ...own, cache: caches.certificates, source: certificateSource }),
    workloads: {
      Deployment: new OwnWrites({ ...own, cache: caches.deployments, source: deploymentSource }),
      StatefulSet: new OwnWrites({ ...own, cache: caches.statefulSets, source: statefulSetSource }),
      DaemonSet: new OwnWrites({ ...own, cache: caches.daemonSets, source: daemonSetSource }),
    },
  };
}

/** Without the last Secret or pod a pass would take wrong for right. False when aborted before. */
async function allSynced(caches: Caches, signal: AbortSignal): Promise<boolean> {
  try {
    await Promise.all(Object.values(caches).map((cache: Cache<unknown>) => cache.whenSynced(signal)));
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

function rest(until: Date | undefined, now: Date): Result {
  return until === undefined ? settled : requeueAt(until, now);
}

/** Turns each change of a cache into the keys that it concerns. */
function listen(caches: Caches, term: () => Term | undefined): void {
  caches.certificates.onChange(({ key }) => term()?.wakeCertificate(key));
  caches.secrets.onChange(({ key }) => term()?.wakeSecret(key));
  for (const cache of [caches.deployments, caches.statefulSets, caches.daemonSets] satisfies Cache<WorkloadRow>[]) {
    cache.onChange(({ before, after }) => {
      if (before !== undefined) term()?.wakeWorkload(before);
      if (after !== undefined) term()?.wakeWorkload(after);
    });
  }
  caches.pods.onChange(({ before, after }) => {
    if (before !== undefined && before.uid !== after?.uid) term()?.leaves.forget(before.uid);
    const owner = after?.workload ?? before?.workload;
    if (owner !== undefined) term()?.wakeOwner(owner);
  });
}

function identify(key: string): LogFields {
  const [kind = '', namespace, name] = key.split('/');
  return name === undefined ? { ...refOf(key) } : { resource: kind, ...(namespace && { namespace }), name };
}
