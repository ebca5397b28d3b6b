import type { Problem } from './types.ts';

/** The CA said no (RFC 8555 section 6.7). */
export class AcmeError extends Error {
  override readonly name = 'AcmeError';
  readonly problem: Problem;
  /** How long the CA asks to wait before the next try, where it said so. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, retryAfterMs?: number) {
    super(problem.detail === '' ? problem.type : `${problem.detail} (${problem.type})`);
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}
