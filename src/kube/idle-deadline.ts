import { type Clock, TransientError } from '../runtime/index.ts';
import type { Call } from './status.ts';

/**
 * Bookmarks come about once a minute, so a watch that is silent for longer may be dead. It need not be: an API server that
 * has seen no change of a kind since its own start sends none (`lastProcessedResourceVersion` in its cacher.go).
 */
const idleLimitMs = 75_000;

/** Aborts its signal when nothing postponed it for 75 s. */
export class IdleDeadline {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #silent: TransientError;
  #cancel: () => void;

  constructor(clock: Clock, call: Call) {
    this.#clock = clock;
    this.#silent = new TransientError(`watch ${call.resource.plural}: silent for ${idleLimitMs / 1000} s`);
    this.#cancel = this.#arm();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  postpone(): void {
    this.#cancel();
    this.#cancel = this.#arm();
  }

  end(): void {
    this.#cancel();
  }

  #arm(): () => void {
    return this.#clock.after(idleLimitMs, () => this.#controller.abort(this.#silent));
  }
}
