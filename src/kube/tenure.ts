import { type Clock, RevokedError } from '../runtime/index.ts';
import type { ApplyOptions, KubeClient } from './client.ts';
import type { KubeObject, Ref, Resource } from './objects.ts';

/** The Lease was lost while it was held: whoever leads must stop at once, and the process should end. */
export class LeaseLostError extends RevokedError {
  override readonly name: string = 'LeaseLostError';
}

/** What a leader does to objects. */
export type LeaderClient = Pick<KubeClient, 'get' | 'apply' | 'patch' | 'remove'>;

/** How long after a renewal a leader may act without another: shorter than the Lease is valid, so that it stops before another leads. */
const renewDeadlineMs = 10_000;

/**
 * The time for which one process may lead: from when it took the Lease until it was not renewed in time, on the monotonic
 * clock. Once over it is over, whatever a late answer says.
 *
 * A timer ends it. A process that was frozen past the deadline wakes to the answers that came meanwhile before any timer
 * runs; that is why {@link check} looks at the clock itself.
 */
export class Tenure {
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #untilMs = Infinity;
  #disarm: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Aborted with a {@link LeaseLostError} when the tenure is over before its time. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** The Lease was ours at `atMs` of the monotonic clock: the tenure begins, or goes on. */
  renewed(atMs: number): void {
    if (this.isOver()) return;
    this.#untilMs = atMs + renewDeadlineMs;
    this.#disarm?.();
    this.#disarm = this.#clock.after(this.#untilMs - this.#clock.monotonicMs(), () => this.#expire());
  }

  /** Ends it, because the Lease is another's. */
  lose(why: string): void {
    this.end();
    this.#over.abort(new LeaseLostError(why));
  }

  /** Ends it in order: nothing is lost, and no timer is left. */
  end(): void {
    this.#disarm?.();
  }

  /** Whether it is over, by the clock as it is now. Ends it where no timer has yet. */
  isOver(): boolean {
    if (this.#clock.monotonicMs() >= this.#untilMs) this.#expire();
    return this.#over.signal.aborted;
  }

  /** @throws LeaseLostError when it is over. To be called before whatever only a leader may do. */
  check(): void {
    if (this.isOver()) this.#over.signal.throwIfAborted();
  }

  /** The client for what is led: every call is checked before it is sent. */
  guard(client: LeaderClient): LeaderClient {
    const check = (): void => this.check();
    return {
      async get<T extends KubeObject>(resource: Resource, ref: Ref, signal?: AbortSignal) {
        check();
        return client.get<T>(resource, ref, signal);
      },
      async apply<T extends KubeObject>(resource: Resource, object: KubeObject, options: ApplyOptions) {
        check();
        return client.apply<T>(resource, object, options);
      },
      async patch<T extends KubeObject>(resource: Resource, ref: Ref, change: object, signal?: AbortSignal) {
        check();
        return client.patch<T>(resource, ref, change, signal);
      },
      async remove(...call: Parameters<KubeClient['remove']>) {
        check();
        return client.remove(...call);
      },
    };
  }

  #expire(): void {
    this.lose(`the lease could not be renewed for ${renewDeadlineMs / 1000} s`);
  }
}
