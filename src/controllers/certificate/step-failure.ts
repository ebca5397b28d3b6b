import { AcmeError, type Problem } from '../../acme/index.ts';
import type { Reason } from '../../api/index.ts';
import { TerminalError, TransientError } from '../../runtime/index.ts';

interface FailedStep {
  readonly reason: Reason;
  /** A sentence for the user. */
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  /** Unless told, it follows from the reason. */
  readonly orderLives?: boolean;
  readonly cause?: unknown;
}

const orderOutlives = new Set<Reason>(['CAUnavailable', 'RateLimited', 'SecretRefused']);

/** A step failed for a reason that a user has to hear of: an outcome to be recorded and tried again, not a defect. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  readonly reason: Reason;
  readonly retryAfterMs: number | undefined;
  /** The order may still become a certificate: it was not the order that failed. */
  readonly orderLives: boolean;

  constructor(failure: FailedStep) {
    const { reason, message, retryAfterMs, orderLives, cause } = failure;
    super(message, { cause });
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.orderLives = orderLives ?? orderOutlives.has(reason);
  }
}

/**
 * Asks the CA; what it refuses or does not answer becomes a `StepFailure`. `what` completes "The CA cannot be asked to …".
 */
export async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TransientError) {
      const message = `The CA cannot be asked to ${what}: ${error.message}`;
      throw new StepFailure({ reason: 'CAUnavailable', message, retryAfterMs: error.retryAfterMs, cause: error });
    }
    if (!(error instanceof AcmeError)) throw error;
    const message = `The CA refused to ${what}: ${sentenceOf(error.problem)}`;
    throw new StepFailure({ reason: reasonOf(error.problem), message, retryAfterMs: error.retryAfterMs, cause: error });
  }
}

/**
 * Stores a Secret; where the API server refuses its content for good, a `StepFailure` says so: only an edit can help, and
 * nobody but the user can make it.
 */
export async function stored(name: string, store: () => Promise<unknown>): Promise<void> {
  try {
    await store();
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    const message = `The API server refuses the Secret ${name}: ${error.message}`;
    throw new StepFailure({ reason: 'SecretRefused', message, cause: error });
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
