import { AcmeError, longestWaitMs, type Problem } from '../../acme/index.ts';
import type { Reason } from '../../api/index.ts';
import { ForbiddenError } from '../../kube/index.ts';
import { TerminalError, TransientError } from '../../runtime/index.ts';
import { eachProblem } from './order/each-name.ts';
import { pageOf, reasonOf } from './order/problem-reason.ts';

interface FailedStep {
  readonly reason: Reason;
  /** A sentence for the user. */
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  /** Unless told, it follows from the reason. */
  readonly orderLives?: boolean;
  readonly cause?: unknown;
}

const dayMs = 86_400_000;
const orderOutlives = new Set<Reason>([
  'CAUnavailable',
  'Paused',
  'RateLimited',
  'SecretRefused',
  'UserActionRequired',
]);

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
 * `isLast`: the order does not outlive another failure to answer.
 */
export async function asked<T>(what: string, ask: () => Promise<T>, isLast = false): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TransientError) {
      const message = `The CA cannot be asked to ${what}: ${error.message}`;
      const { retryAfterMs } = error;
      throw new StepFailure({ reason: 'CAUnavailable', message, retryAfterMs, orderLives: !isLast, cause: error });
    }
    if (!(error instanceof AcmeError)) throw error;
    const { problem, retryAfterMs } = error;
    const reason = reasonOf(error);
    const message = `The CA refused to ${what}: ${sentenceOf(problem)}${adviceOn(reason, error)}`;
    throw new StepFailure({ reason, message, retryAfterMs, cause: error });
  }
}

/**
 * Stores a Secret; where the API server refuses its content for good, or a quota, a policy or a right is in the way, a
 * `StepFailure` says so: nobody but the user can help.
 */
export async function stored(name: string, store: () => Promise<unknown>): Promise<void> {
  try {
    await store();
  } catch (error) {
    if (!(error instanceof TerminalError || error instanceof ForbiddenError)) throw error;
    const message = `The API server refuses the Secret ${name}: ${error.message}`;
    throw new StepFailure({ reason: 'SecretRefused', message, cause: error });
  }
}

/** What to do, or what becomes of it, where the CA's own words do not say so. */
function adviceOn(reason: Reason, { problem, retryAfterMs = 0 }: AcmeError): string {
  if (reason === 'Paused' || reason === 'UserActionRequired') {
    const page = pageOf(problem) ?? 'the page of the CA';
    return `. A person has to visit ${page}; the annotation evercert.dev/renew then tries at once. Until then it is tried once a day`;
  }
  if (reason === 'KeyRefused') {
    return '. Ask for a key of another kind by spec.privateKey.algorithm and size or, where spec.privateKey.rotationPolicy is Never, for a new one by Always: an edit tries at once. Until then it is tried once a day';
  }
  const visit = problem.instance === undefined ? '' : `; visit ${problem.instance}`;
  if (retryAfterMs < longestWaitMs) return visit;
  return `${visit}. It wants to be left alone for ${longestWaitMs / dayMs} days or more; it is asked again after ${longestWaitMs / dayMs}`;
}

/** The CA's words on each name (RFC 8555, 6.7.1). */
function sentenceOf(problem: Problem): string {
  const parts = (problem.subproblems ?? []).map(({ identifier, detail }) => {
    return { name: identifier?.value ?? 'a name', problem: detail };
  });
  return `${problem.detail} (${problem.type})${parts.length > 0 ? `: ${eachProblem(parts)}` : ''}`;
}
