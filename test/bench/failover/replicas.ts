import { within } from '../../kit/until.ts';
import { Replica, type ReplicaOptions } from './replica.ts';

const takeoverLimitMs = 60_000;

/** How the standby became the leader, in moments as `performance.now()` has them. */
export interface Takeover {
  /** It took the Lease. */
  readonly leaseMs: number;
  /** The first call of its work as the leader. */
  readonly workMs: number;
  /** The first of them that writes, Events and the Lease apart. */
  readonly firstWriteMs: number;
}

/** Two operators: one leads, the other stands by. */
export class Replicas implements AsyncDisposable {
  readonly #options: Omit<ReplicaOptions, 'identity'>;
  #started = 0;
  #leader: Replica;
  #standby: Replica;

  private constructor(options: Omit<ReplicaOptions, 'identity'>, leader: Replica, standby: Replica) {
    this.#options = options;
    this.#leader = leader;
    this.#standby = standby;
    this.#started = 2;
  }

  static async start(options: Omit<ReplicaOptions, 'identity'>): Promise<Replicas> {
    const leader = await Replica.start({ ...options, identity: 'replica-1' });
    await within(takeoverLimitMs, 'the first replica leads', () => leader.leaseTakenMs !== undefined);
    return new Replicas(options, leader, await Replica.start({ ...options, identity: 'replica-2' }));
  }

  get leader(): Replica {
    return this.#leader;
  }

  get standby(): Replica {
    return this.#standby;
  }

  /** Resolves when the standby leads and writes. */
  async takenOver(): Promise<Takeover> {
    const { standby } = this;
    await within(takeoverLimitMs, 'the standby has the Lease', () => standby.leaseTakenMs !== undefined);
    const leaseMs = standby.leaseTakenMs ?? 0;
    const writes = () => standby.callsAfter(leaseMs, 'write');
    await within(takeoverLimitMs, 'the standby writes', () => writes().length > 0);
    const workMs = standby.callsAfter(leaseMs, 'read', 'write')[0]?.atMs ?? leaseMs;
    return { leaseMs, workMs, firstWriteMs: writes()[0]?.atMs ?? workMs };
  }

  /** Takes the old leader away, which by now another one follows, and has a new one stand by. */
  async replaceLeader(): Promise<void> {
    await this.#leader[Symbol.asyncDispose]();
    this.#leader = this.#standby;
    this.#started += 1;
    this.#standby = await Replica.start({ ...this.#options, identity: `replica-${this.#started}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#standby[Symbol.asyncDispose]();
    await this.#leader[Symbol.asyncDispose]();
  }
}
