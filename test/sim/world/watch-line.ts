import type { Clock } from '../../../src/runtime/index.ts';

/**
 * What becomes of an event on its way. A TCP stream keeps its order and loses nothing within, so `late` holds up all that
 * comes behind; `swapped` lets the next one overtake, unless it is about the same object, whose versions every API server
 * sends in their order; `cut` ends the stream before the event, which is sent again after the watch is resumed; `lost` is an event
 * that was missed for good: the next watch is too old, and all is listed anew.
 */
export type EventFate =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'twice' }
  | { readonly kind: 'late'; readonly ms: number }
  | { readonly kind: 'swapped' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'lost' };

interface Parts {
  readonly clock: Clock;
  readonly latencyMs: () => number;
  readonly fateOf: () => EventFate;
  readonly deliver: (text: string) => void;
  /** An event will not come again: the next watch is too old, whatever ends this one. */
  readonly missed: () => void;
  /** Ends the stream. */
  readonly cut: () => void;
}

/** How long a process does not know that it has missed an event. */
const unnoticedMs = 60_000;
const longestSwapMs = 1_000;

/** One watch on its way from the API server to a process: in order, each event after a latency. */
export class WatchLine {
  readonly #parts: Parts;
  #lastDueMs = 0;
  #swapped: string | undefined;
  #swappedUID: string | undefined;
  #isClosed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  send(text: string): void {
    if (text.startsWith('{"type":"BOOKMARK"')) {
      this.#schedule(0, text);
      return;
    }
    if (this.#swapped !== undefined && uidOf(text) === this.#swappedUID) this.#sendSwapped();
    const fate = this.#parts.fateOf();
    switch (fate.kind) {
      case 'delivered':
        this.#schedule(0, text);
        break;
      case 'twice':
        this.#schedule(0, text);
        this.#schedule(0, text);
        break;
      case 'late':
        this.#schedule(fate.ms, text);
        break;
      case 'swapped':
        this.#swapped = text;
        this.#swappedUID = uidOf(text);
        this.#parts.clock.after(longestSwapMs, () => this.#sendSwapped());
        break;
      case 'cut':
        this.#parts.cut();
        break;
      case 'lost':
        this.#parts.missed();
        this.#parts.clock.after(unnoticedMs, () => {
          if (!this.#isClosed) this.#parts.cut();
        });
        break;
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  #schedule(moreMs: number, text: string): void {
    const { clock, latencyMs, deliver } = this.#parts;
    const now = clock.monotonicMs();
    this.#lastDueMs = Math.max(this.#lastDueMs, now + latencyMs() + moreMs);
    clock.after(this.#lastDueMs - now, () => {
      if (this.#isClosed) return;
      deliver(text);
    });
    if (this.#swapped !== undefined) this.#sendSwapped();
  }

  #sendSwapped(): void {
    const text = this.#swapped;
    this.#swapped = undefined;
    if (text !== undefined) this.#schedule(0, text);
  }
}

function uidOf(text: string): string | undefined {
  const { object } = JSON.parse(text) as { readonly object: { readonly metadata?: { readonly uid?: string } } };
  return object.metadata?.uid;
}
