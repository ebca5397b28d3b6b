import { type Clock, ConflictError, type Log, RevokedError, sleep, TransientError } from '../runtime/index.ts';
import type { KubeClient } from './client.ts';
import { LeaseRecord } from './lease-record.ts';
import { keyOf, type Ref } from './objects.ts';

/** The Lease was lost while it was held: whoever leads must stop at once, and the process should end. */
export class LeaseLostError extends RevokedError {
  override readonly name: string = 'LeaseLostError';
}

/** What leader election is made of. */
export interface Election {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly lease: Ref;
  /** Who we are, unlike every other contender: the Pod's name. */
  readonly identity: string;
  /** What the holder does. It must end soon after its signal is aborted. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
  readonly onChange?: (leading: boolean) => void;
  readonly random?: () => number;
}

const renewDeadlineMs = 10_000;
const retryPeriodMs = 2_000;
const callLimitMs = 5_000;
/** How long `lead` may take to end after the Lease is lost: until then nobody else can have it. */
const stopLimitMs = 5_000;

/**
 * Contends for a Lease, and runs `lead` while holding it (client-go's semantics: 15 s of validity, 10 s to renew, tried every
 * 2 s, all on monotonic local time). A Lease is no fence: what `lead` writes needs preconditions of its own.
 *
 * When aborted, `lead` is told, the Lease is kept until it has ended, and released. The same when `lead` ends by itself.
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
  log.info('leading');
  parts.onChange?.(true);
  try {
    await hold(election, record, { acquiredMs, signal });
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
    const pauseMs = retryPeriodMs * (1 + 0.2 * (parts.random ?? Math.random)());
    await sleep(parts.clock, pauseMs, signal).catch(() => undefined);
  }
  return undefined;
}

async function hold(
  parts: Election,
  record: LeaseRecord,
  { acquiredMs, signal }: { acquiredMs: number; signal: AbortSignal },
): Promise<void> {
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const ended = new AbortController();
  const leading = lead(parts, stop.signal).finally(() => ended.abort());
  leading.catch(() => undefined); // looked at below, after the Lease

  try {
    await renew(parts, record, { acquiredMs, ended: ended.signal });
  } catch (error) {
    stop.abort(error);
    await sleep(parts.clock, stopLimitMs, ended.signal).catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
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

/**
 * Renews the Lease until `ended`.
 *
 * @throws LeaseLostError
 */
async function renew(
  { clock, log }: Election,
  record: LeaseRecord,
  { acquiredMs, ended }: { acquiredMs: number; ended: AbortSignal },
): Promise<void> {
  let renewedMs = acquiredMs;
  const leftMs = (): number => renewedMs + renewDeadlineMs - clock.monotonicMs();
  for (;;) {
    await sleep(clock, Math.min(retryPeriodMs, leftMs()), ended).catch(() => undefined);
    if (ended.aborted) return;
    if (leftMs() <= 0) throw new LeaseLostError(`the lease could not be renewed for ${renewDeadlineMs / 1000} s`);
    const triedMs = clock.monotonicMs();
    try {
      const holding = await limited(clock, Math.min(callLimitMs, leftMs()), (limit) => record.take(limit));
      if (holding === 'anothers') throw new LeaseLostError(`the lease is held by ${record.holder}`);
      renewedMs = triedMs;
    } catch (error) {
      if (error instanceof LeaseLostError) throw error;
      log.warn('lease not renewed, trying again', { error });
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

/** Runs one call with a time limit. */
async function limited<T>(clock: Clock, ms: number, call: (limit: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const cancel = clock.after(ms, () =>
    limit.abort(new TransientError(`no answer about the lease within ${ms / 1000} s`)),
  );
  try {
    return await call(limit.signal);
  } finally {
    cancel();
  }
}
