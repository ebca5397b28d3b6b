/**
 * A stale read: somebody else wrote in between, or the object is gone. Read again and plan again; nothing is wrong, so it
 * is logged at debug only.
 */
export class ConflictError extends Error {
  override readonly name: string = 'ConflictError';
}

/** It may pass by itself (network, overload, credentials being rotated): try again later, not before `retryAfterMs`. */
export class TransientError extends Error {
  override readonly name: string = 'TransientError';
  /** How long the other side asked us to stay away, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number | undefined } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Only an edit by somebody can help: not tried again before the object changes. */
export class TerminalError extends Error {
  override readonly name: string = 'TerminalError';
}

/** The right to go on is gone, as when a leader loses its lease: work told to end with this is cut short, not drained. */
export class RevokedError extends Error {
  override readonly name: string = 'RevokedError';
}
