import { unlessAborted } from './shared.ts';

interface Waiter {
  readonly resolve: (nonce: string) => void;
  readonly reject: (error: unknown) => void;
}

const mostKept = 64;
const freshMs = 5 * 60_000; // CAs forget nonces; an old one costs the same round trip as a new one, and an error
const mostFetches = 2; // Let's Encrypt allows 20 newNonce a second

/**
 * The nonces that a CA has handed out (RFC 8555 section 6.5). Each is given away once, the youngest first. New ones are
 * fetched only while somebody waits, two at once; whichever comes first, fetched or left over, serves who waits longest.
 */
export class Nonces {
  readonly #fetch: () => Promise<string>;
  readonly #kept: { readonly nonce: string; readonly at: number }[] = [];
  readonly #waiting: Waiter[] = [];
  #fetches = 0;

  /** `fetch` asks the CA's newNonce and gives the nonce of its reply. */
  constructor(fetch: () => Promise<string>) {
    this.#fetch = fetch;
  }

  /** Takes in the nonce of a reply. */
  put(nonce: string): void {
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      waiter.resolve(nonce);
      return;
    }
    this.#kept.push({ nonce, at: performance.now() });
    if (this.#kept.length > mostKept) this.#kept.shift();
  }

  async take(signal: AbortSignal | undefined): Promise<string> {
    signal?.throwIfAborted();
    const youngest = this.#kept.pop();
    if (youngest !== undefined && performance.now() - youngest.at < freshMs) return youngest.nonce;
    this.#kept.length = 0; // the others are older still

    const { promise, ...waiter } = Promise.withResolvers<string>();
    this.#waiting.push(waiter);
    this.#fetchForWaiting();
    try {
      return await unlessAborted(promise, signal);
    } finally {
      this.#leave(waiter);
    }
  }

  #fetchForWaiting(): void {
    while (this.#fetches < Math.min(mostFetches, this.#waiting.length)) {
      this.#fetches += 1;
      void this.#fetchOne();
    }
  }

  async #fetchOne(): Promise<void> {
    try {
      this.put(await this.#fetch());
    } catch (error) {
      this.#waiting.shift()?.reject(error);
    } finally {
      this.#fetches -= 1;
      this.#fetchForWaiting();
    }
  }

  #leave(waiter: Waiter): void {
    const at = this.#waiting.indexOf(waiter);
    if (at >= 0) this.#waiting.splice(at, 1);
  }
}
