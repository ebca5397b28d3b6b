import { type Clock, ConflictError, type Log, sleep, TransientError } from '../runtime/index.ts';
import type { KubeClient } from './client.ts';
import { LeaseRecord } from './lease-record.ts';
import { keyOf, type OwnerReference, type Ref } from './objects.ts';
import { Tenure } from './tenure.ts';

/** What leader election is made of. */
export interface Election {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly lease: Ref;
  /** Who we are, unlike every other contender: the Pod's name. */
  readonly identity: string;
  /**
   * Our Pod, where we run in one: it owns the Lease while we hold it, so that the Lease goes with it where it could not be
   * released. That is so when the chart is uninstalled, which takes our rights away before our time to end.
   */
  readonly pod?: OwnerReference;
  /** Told of each renewal and of the end: what guards the client of `lead`. For this one election. */
  readonly tenure?: Tenure;
  /** What the holder does. It must end soon after its signal is aborted. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
  readonly onChange?: (leading: boolean) => void;
  readonly random?: () => number;
}

const renewPeriodMs = 2_000;
/** How often a standby looks, so that it leads soon after a release; one small read. */
const standbyPeriodMs = 1_000;
const callLimitMs = 5_000;
/** How long `lead` may take to end after the Lease is lost: until then nobody else can have it. */
const stopLimitMs = 5_000;

/**
 * Contends for a Lease, and runs `lead` while holding it (client-go's semantics: 15 s of validity, 10 s to renew, tried every
 * 2 s, all on monotonic local time). A Lease is no fence: what `lead` writes needs preconditions of its own.
 *
 * When aborted, `lead` is told, the Lease is kept until it has ended, and released: a standby leads within 1.2 s and two calls.
 * The same when `lead` ends by itself. After a crash a standby leads within 16.2 s and two calls.
 *
 * @throws LeaseLostError when the Lease could not be renewed or somebody else has it; `lead` has then been told, and has
 *   ended or been waited for. What `lead` throws of its own.
 */
export async function leadWhileElected(parts: Election, signal: AbortSignal): Promise<void> {
  const log = parts.log.child({ resource: 'leases', name: keyOf(parts.lease) });
  const election = { ...parts, log };
  const record = new LeaseRecord(parts);
  const acquiredMs = await acquire(election, record, signal);
  if (acquiredMs === undefined) return;
  const tenure = parts.tenure ?? new Tenure(parts.clock);
  tenure.renewed(acquiredMs);
  log.info('leading');
  parts.onChange?.(true);
  try {
    await hold(election, record, tenure, signal);
  } finally {
    log.info('no longer leading');
    parts.onChange?.(false);
  }
}

/** Returns since when the Lease is surely ours (monotonic), or undefined when aborted before. */
async function acquire(parts: Election, record: LeaseRecord, signal: AbortSignal): Promise<number | undefined> {
  let seen: string | undefined;
  while (!signal.aborted) {
    const triedMs = parts.clock.monotonicMs();
    try {
      if ((await limited(parts.clock, callLimitMs, (limit) => record.take(limit))) === 'ours') return triedMs;
    } catch (error) {
      if (error instanceof ConflictError) parts.log.debug('another contender was quicker');
      else parts.log.warn('lease cannot be taken, trying again', { error });
    }
    if (record.holder !== seen && record.holder !== '')
      parts.log.info('waiting for the lease', { reason: `held by ${record.holder}` });
    seen = record.holder;
    const pauseMs = standbyPeriodMs * (1 + 0.2 * (parts.random ?? Math.random)());
    await sleep(parts.clock, Math.min(pauseMs, record.staleInMs), signal).catch(() => undefined);
  }
  return undefined;
}

async function hold(parts: Election, record: LeaseRecord, tenure: Tenure, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const leading = lead(parts, AbortSignal.any([signal, tenure.signal])).finally(() => ended.abort());
  leading.catch(() => undefined); // looked at below, after the Lease

  await renew(parts, record, tenure, ended.signal);
  tenure.end();
  if (tenure.signal.aborted) {
    await sleep(parts.clock, stopLimitMs, ended.signal).catch(() => undefined);
    throw tenure.signal.reason;
  }
  await release(parts, record);
  await leading;
}

/** Runs `lead`; that it ends with the reason it was stopped for is no failure. */
async function lead(parts: Election, signal: AbortSignal): Promise<void> {
  try {
    await parts.lead(signal);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  }
}

/** Renews the Lease until `ended`, or until the tenure is over. */
async function renew({ clock, log }: Election, record: LeaseRecord, tenure: Tenure, ended: AbortSignal): Promise<void> {
  const over = AbortSignal.any([ended, tenure.signal]);
  for (;;) {
    await sleep(clock, renewPeriodMs, over).catch(() => undefined);
    if (ended.aborted || tenure.isOver()) return;
    const triedMs = clock.monotonicMs();
    try {
      // Not cut short by the end: what became of the renewal has to be known for the release.
      const holding = await limited(clock, callLimitMs, (limit) => record.take(limit), tenure.signal);
      if (holding === 'ours') tenure.renewed(triedMs);
      else tenure.lose(`the lease is held by ${record.holder}`);
    } catch (error) {
      if (!tenure.signal.aborted) log.warn('lease not renewed, trying again', { error });
    }
  }
}

async function release(parts: Election, record: LeaseRecord): Promise<void> {
  try {
    await limited(parts.clock, callLimitMs, (limit) => record.release(limit));
  } catch (error) {
    parts.log.warn('lease not released, others wait until it is stale', { error });
  }
}

/** Runs one call with a time limit, which `sooner` may end sooner. */
async function limited<T>(
  clock: Clock,
  ms: number,
  call: (limit: AbortSignal) => Promise<T>,
  sooner?: AbortSignal,
): Promise<T> {
  const limit = new AbortController();
  const cancel = clock.after(ms, () =>
    limit.abort(new TransientError(`no answer about the lease within ${ms / 1000} s`)),
  );
  const onAbort = (): void => limit.abort(sooner?.reason);
  sooner?.addEventListener('abort', onAbort, { once: true });
  try {
    return await call(limit.signal);
  } finally {
    cancel();
    sooner?.removeEventListener('abort', onAbort);
  }
}
