import { AcmeError, type Problem } from '../../acme/index.ts';
import type { Reason } from '../../api/index.ts';
import { TransientError } from '../../runtime/index.ts';

/** The CA refused a step or did not answer: an outcome to be recorded, not a defect. */
export class CAFailure extends Error {
  override readonly name = 'CAFailure';
  readonly reason: Reason;
  readonly retryAfterMs: number | undefined;

  constructor(failure: { reason: Reason; message: string; retryAfterMs?: number | undefined; cause?: unknown }) {
    super(failure.message, { cause: failure.cause });
    this.reason = failure.reason;
    this.retryAfterMs = failure.retryAfterMs;
  }

  /** The order may still become a certificate: it was not the order that failed. */
  get orderLives(): boolean {
    return this.reason === 'CAUnavailable' || this.reason === 'RateLimited';
  }
}

/**
 * Asks the CA; what it refuses or does not answer becomes a `CAFailure`. `what` completes "The CA cannot be asked to …".
 */
export async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TransientError) {
      const message = `The CA cannot be asked to ${what}: ${error.message}`;
      throw new CAFailure({ reason: 'CAUnavailable', message, retryAfterMs: error.retryAfterMs, cause: error });
    }
    if (!(error instanceof AcmeError)) throw error;
    const message = `The CA refused to ${what}: ${sentenceOf(error.problem)}`;
    throw new CAFailure({ reason: reasonOf(error.problem), message, retryAfterMs: error.retryAfterMs, cause: error });
  }
}

function reasonOf(problem: Problem): Reason {
  switch (problem.type) {
    case 'rateLimited':
      return 'RateLimited';
    case 'serverInternal':
    case 'badNonce':
      return 'CAUnavailable';
    default:
      return 'OrderFailed';
  }
}

/** The CA's words on each name, and where to go when it asks for a person (RFC 8555, 6.7.1 and 7.3.3). */
function sentenceOf(problem: Problem): string {
  const parts = (problem.subproblems ?? []).map(
    ({ identifier, detail }) => `${identifier?.value ?? 'a name'}: ${detail}`,
  );
  const visit = problem.instance === undefined ? '' : `; visit ${problem.instance}`;
  return `${problem.detail} (${problem.type})${parts.length > 0 ? `: ${parts.join('; ')}` : ''}${visit}`;
}
