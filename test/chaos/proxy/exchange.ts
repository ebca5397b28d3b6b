import type { Call } from './call.ts';
import type { Reply } from './front.ts';

/** A call on its way through the proxy. */
export interface Exchange {
  readonly call: Call;
  /** What the client sent. */
  readonly body: string;
  /** Sends it on and gives the server's reply. */
  readonly send: () => Promise<Reply>;
  /** Resolves when the client was given the last byte of its answer. */
  readonly delivered: Promise<void>;
  /** Aborted when the client's connection is gone, or its answer complete. */
  readonly closed: AbortSignal;
}

/** What becomes of a call: what it resolves with is what the client gets; with undefined its connection is reset. */
export type Carry = (exchange: Exchange) => Promise<Reply | undefined>;

/** Which calls are meant. */
export type Match = (call: Call) => boolean;

/** What became of a call. */
export interface Fate {
  readonly call: Call;
  /** When it came, by `performance.now()`. */
  readonly atMs: number;
  /** When its answer, or the want of one, was decided; absent before. */
  readonly endedMs?: number;
  /** What the server said to it; absent where it was never sent, or is not answered yet. */
  readonly carriedOut?: number;
  /** What the client was told; absent where its connection was reset, or while it waits. */
  readonly answered?: number;
  /** The Location header of the server's reply: of a new order, its URL. */
  readonly location?: string;
}
