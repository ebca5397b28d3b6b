import { unlessAborted } from './shared.ts';

const ignore = (): void => {};

interface Waiter {
  readonly resolve: (nonce: string) => void;
  readonly reject: (error: unknown) => void;
}

const mostKept = 64;
const freshMs = 5 * 60_000; // CAs forget nonces; an old one costs the same round trip as a new one, and an error
const mostFetches = 2; // Let's Encrypt allows 20 newNonce a second
const mostLent = 8; // enough to keep a CA busy; the requests behind them are served by the nonces of the replies

/**
 * The nonces that a CA has handed out (RFC 8555 section 6.5). Each is lent to one request, the youngest first, which
 * gives back the one of its reply. New ones are fetched only while somebody waits and fewer than eight are lent, two at
 * once; whatever comes first, fetched or given back, serves who waits longest.
 */
export class Nonces {
  readonly #fetch: () => Promise<string>;
  readonly #kept: { readonly nonce: string; readonly at: number }[] = [];
  readonly #waiting: Waiter[] = [];
  #fetches = 0;
  #lent = 0;
  #heardAt = 0;

  /** `fetch` asks the CA's newNonce and gives the nonce of its reply. */
  constructor(fetch: () => Promise<string>) {
    this.#fetch = fetch;
  }

  /**
   * Gives a nonce for one request, at whose end `giveBack` must be called once.
   *
   * @throws what the fetch throws, if one fails while this one waits; the signal's reason where aborted.
   */
  async lend(signal: AbortSignal | undefined): Promise<string> {
    signal?.throwIfAborted();
    return this.#youngest() ?? this.#wait(signal);
  }

  /**
   * Ends a loan with the nonce of the last reply; undefined where there was none. `lost` tells that no reply came, and when
   * the loan began: where the CA has been silent to everybody since then, all who wait get that error too.
   */
  giveBack(nonce: string | undefined, lost?: { readonly error: Error; readonly since: number }): void {
    this.#lent -= 1;
    if (lost !== undefined && this.#heardAt < lost.since) this.#rejectAll(lost.error);
    if (nonce === undefined) this.#fetchForWaiting();
    else this.#put(nonce);
  }

  #youngest(): string | undefined {
    const youngest = this.#kept.pop();
    if (youngest === undefined) return undefined;
    if (performance.now() - youngest.at >= freshMs) {
      this.#kept.length = 0; // the others are older still
      return undefined;
    }
    this.#lent += 1;
    return youngest.nonce;
  }

  async #wait(signal: AbortSignal | undefined): Promise<string> {
    const { promise, ...waiter } = Promise.withResolvers<string>();
    this.#waiting.push(waiter);
    this.#fetchForWaiting();
    try {
      return await unlessAborted(promise, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(waiter);
      if (at >= 0) this.#waiting.splice(at, 1);
      else promise.then((nonce) => this.giveBack(nonce), ignore); // lent in the instant of the abort
      throw error;
    }
  }

  /** One after another, they would wait for hours. */
  #rejectAll(error: unknown): void {
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }

  #put(nonce: string): void {
    this.#heardAt = performance.now();
    const waiter = this.#waiting.shift();
    if (waiter === undefined) {
      this.#kept.push({ nonce, at: performance.now() });
      if (this.#kept.length > mostKept) this.#kept.shift();
      return;
    }
    this.#lent += 1;
    waiter.resolve(nonce);
  }

  #fetchForWaiting(): void {
    while (this.#fetches < Math.min(mostFetches, this.#waiting.length, mostLent - this.#lent)) {
      this.#fetches += 1;
      void this.#fetchOne();
    }
  }

  async #fetchOne(): Promise<void> {
    try {
      this.#put(await this.#fetch());
    } catch (error) {
      this.#rejectAll(error);
    } finally {
      this.#fetches -= 1;
      this.#fetchForWaiting();
    }
  }
}
