import { type KubeObject, leadWhileElected, Tenure } from '../../../src/kube/index.ts';
import { ConflictError, TransientError } from '../../../src/runtime/index.ts';
import { type VirtualClock, virtualClock } from '../../kit/clock.ts';
import { recordedLog } from '../../kit/log.ts';

interface Lease extends KubeObject {
  spec: {
    holderIdentity: string;
    leaseDurationSeconds: number;
    acquireTime: string;
    renewTime: string;
    leaseTransitions: number;
    strategy?: string;
  };
}

/** The Lease as an API server keeps it. */
class Stored {
  lease: Lease | undefined;
  version = 0;

  write(lease: KubeObject): KubeObject {
    this.version += 1;
    const metadata = { ...lease.metadata, resourceVersion: String(this.version) };
    this.lease = structuredClone({ ...lease, metadata }) as Lease;
    return structuredClone(this.lease);
  }
}

/** How calls of a contender fare: unanswered, or carried out with the answer lost or late. */
interface Fate {
  isDown: boolean;
  isReplyLost: boolean;
  reply: Promise<unknown> | undefined;
}

function clientOf(stored: Stored, fate: Fate) {
  const reach = (): void => {
    if (fate.isDown) throw new TransientError('no answer');
  };
  const answer = async <T>(object: KubeObject): Promise<T> => {
    await fate.reply;
    if (fate.isReplyLost) throw new TransientError('the answer is lost');
    return object as T;
  };
  return {
    get: async <T>() => {
      reach();
      return structuredClone(stored.lease) as T | undefined;
    },
    create: async <T>(_resource: unknown, lease: KubeObject) => {
      reach();
      if (stored.lease !== undefined) throw new ConflictError('exists');
      return answer<T>(stored.write(lease));
    },
    replace: async <T>(_resource: unknown, lease: KubeObject) => {
      reach();
      if (lease.metadata.resourceVersion !== stored.lease?.metadata.resourceVersion) throw new ConflictError('stale');
      return answer<T>(stored.write(lease));
    },
  };
}

/** How a contender is made. */
interface Options {
  /** Its own, where it is frozen while others are not. */
  readonly clock?: VirtualClock;
  /** How long its work takes to end. */
  readonly drainMs?: number;
  readonly random?: number;
  /** UID of its Pod. */
  readonly podUID?: string;
}

/** A Lease, and contenders for it. */
export function world() {
  const clock = virtualClock();
  const stored = new Stored();
  const contend = (identity: string, options: Options = {}) => {
    const { podUID } = options;
    const own = options.clock ?? clock;
    const stop = new AbortController();
    const state = { leading: false, told: [] as boolean[] };
    const fate: Fate = { isDown: false, isReplyLost: false, reply: undefined };
    const tenure = new Tenure(own);
    const lead = async (signal: AbortSignal): Promise<void> => {
      state.leading = true;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      const { drainMs = 0 } = options;
      if (drainMs > 0) await new Promise<void>((resolve) => own.after(drainMs, resolve));
      state.leading = false;
    };
    const ended = leadWhileElected(
      {
        client: clientOf(stored, fate),
        clock: own,
        log: recordedLog(),
        lease: { namespace: 'evercert', name: 'evercert-operator' },
        identity,
        ...(podUID === undefined ? {} : { pod: { apiVersion: 'v1', kind: 'Pod', name: identity, uid: podUID } }),
        tenure,
        lead,
        onChange: (leading) => state.told.push(leading),
        random: () => options.random ?? 1,
      },
      stop.signal,
    );
    ended.catch(() => undefined);
    return { stop: () => stop.abort(new Error('shutdown')), state, fate, tenure, ended };
  };
  return {
    clock,
    contend,
    lease: () => stored.lease,
    edit: (change: (lease: Lease) => Lease) => {
      if (stored.lease !== undefined) stored.write(change(stored.lease));
    },
    drop: () => {
      stored.lease = undefined;
    },
  };
}
