import type { Lane } from './lanes.ts';
import type { Call } from './status.ts';

/** One HTTP request to the API server. */
export interface Request {
  readonly call: Call;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly lane: Lane;
  /** For the whole answer; of a stream, until its head has come. As long may it wait for its turn. */
  readonly limitMs: number;
  readonly accept?: string;
  readonly contentType?: string;
  /** JSON. */
  readonly body?: unknown;
}

/** The head of an answer, with its body already read. */
export interface Answer {
  readonly code: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** An answer that is a stream; anything but 200 comes as an {@link Answer} with its body read. */
export type Stream = { readonly bytes: AsyncIterable<Uint8Array> } | { readonly answer: Answer };

/** Carries requests to an API server and brings its answers back. It says nothing about what an answer means. */
export interface Transport {
  /**
   * Sends a request and reads the answer to its end.
   *
   * @throws TransientError without an answer; `signal.reason` when aborted.
   */
  send(to: Request, signal?: AbortSignal): Promise<Answer>;
  /** Sends a request whose answer is a stream, which ends with an error when `signal` is aborted. Throws as {@link send}. */
  stream(to: Request, signal: AbortSignal): Promise<Stream>;
  /** Ends running calls with a TransientError, and all connections. */
  close(): Promise<void>;
}
