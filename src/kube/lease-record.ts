import type { Clock } from '../runtime/index.ts';
import type { KubeClient } from './client.ts';
import { microTime } from './micro-time.ts';
import { apiVersionOf, type KubeObject, type OwnerReference, type Ref } from './objects.ts';
import { leases } from './resources.ts';

/** How long a Lease is good for without being renewed, as we write it. */
const leaseSeconds = 15;

/** The part of a Lease (coordination.k8s.io/v1) that we read and write. What else it has is kept. */
interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number | null;
    acquireTime?: string | null;
    renewTime?: string | null;
    leaseTransitions?: number | null;
  };
}

/** Whose the Lease is after a try. */
export type Holding = 'ours' | 'anothers';

/**
 * The Lease as one contender sees it. As in client-go, times in the record are never compared with our clock: a record is
 * stale when we have seen it unchanged for its duration, on our own monotonic clock.
 */
export class LeaseRecord {
  readonly #client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly #clock: Clock;
  readonly #ref: Ref;
  readonly #identity: string;
  readonly #pod: OwnerReference | undefined;
  #observed: Lease | undefined;
  #observedMs = 0;
  /** Whether what was observed is what our own last write left. */
  #isCertain = false;

  constructor(parts: {
    client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
    clock: Clock;
    lease: Ref;
    identity: string;
    pod?: OwnerReference;
  }) {
    this.#client = parts.client;
    this.#clock = parts.clock;
    this.#ref = parts.lease;
    this.#identity = parts.identity;
    this.#pod = parts.pod;
  }

  /** Who holds it, as seen last; '' when nobody does. */
  get holder(): string {
    return this.#observed?.spec?.holderIdentity ?? '';
  }

  /** In how many milliseconds another's record is stale if it stays as it is; Infinity where nothing has to be waited for. */
  get staleInMs(): number {
    // One more, because a timer may run a fraction of a millisecond early.
    return this.holder !== this.#identity && this.#isValid() ? Math.ceil(this.#leftMs()) + 1 : Infinity;
  }

  /**
   * Takes the Lease, or renews it; each write carries the resourceVersion read.
   *
   * @throws ConflictError when another contender was quicker, and what the client throws.
   */
  async take(signal: AbortSignal): Promise<Holding> {
    // The holder writes on top of its own last write; only when that fails it has to look.
    if (!this.#isCertain || this.holder !== this.#identity) {
      const read = await this.#client.get<Lease>(leases, this.#ref, signal);
      if (read === undefined) {
        this.#observe(await this.#client.create<Lease>(leases, this.#written(undefined), signal));
        this.#isCertain = true;
        return 'ours';
      }
      this.#observe(read);
      if (this.holder !== this.#identity && this.#isValid()) return 'anothers';
    }
    await this.#write(this.#written(this.#observed), signal);
    return 'ours';
  }

  /** Gives the Lease up, so that another contender need not wait until it is stale. Nothing when it is not ours. */
  async release(signal: AbortSignal): Promise<void> {
    if (!this.#isCertain) {
      const read = await this.#client.get<Lease>(leases, this.#ref, signal);
      if (read === undefined) return;
      this.#observe(read);
    }
    const held = this.#observed;
    if (held === undefined || this.holder !== this.#identity) return;
    const now = microTime(this.#clock.now());
    const spec = { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
    await this.#write({ ...held, metadata: { ...held.metadata, ownerReferences: [] }, spec }, signal);
  }

  /** A write that failed may have been carried out all the same, so the next try looks first. */
  async #write(lease: Lease, signal: AbortSignal): Promise<void> {
    this.#isCertain = false;
    this.#observe(await this.#client.replace<Lease>(leases, lease, signal));
    this.#isCertain = true;
  }

  /** The Lease as held by us from now on: renewed where it was ours, else taken over. It is its holder's Pod's as well. */
  #written(before: Lease | undefined): Lease {
    const now = microTime(this.#clock.now());
    const term = { holderIdentity: this.#identity, leaseDurationSeconds: leaseSeconds, renewTime: now };
    const ownerReferences = this.#pod === undefined ? [] : [this.#pod];
    if (before === undefined) {
      const spec = { ...term, acquireTime: now, leaseTransitions: 0 };
      const metadata = { ...this.#ref, ownerReferences };
      return { apiVersion: apiVersionOf(leases), kind: leases.kind, metadata, spec };
    }
    const metadata = { ...before.metadata, ownerReferences };
    if (this.holder === this.#identity) return { ...before, metadata, spec: { ...before.spec, ...term } };
    const leaseTransitions = (before.spec?.leaseTransitions ?? 0) + 1;
    return { ...before, metadata, spec: { ...before.spec, ...term, acquireTime: now, leaseTransitions } };
  }

  #observe(lease: Lease): void {
    if (lease.metadata.resourceVersion === this.#observed?.metadata.resourceVersion) return;
    this.#observed = lease;
    this.#observedMs = this.#clock.monotonicMs();
  }

  #isValid(): boolean {
    return this.holder !== '' && this.#leftMs() > 0;
  }

  #leftMs(): number {
    const durationMs = (this.#observed?.spec?.leaseDurationSeconds ?? 0) * 1000;
    return this.#observedMs + durationMs - this.#clock.monotonicMs();
  }
}
