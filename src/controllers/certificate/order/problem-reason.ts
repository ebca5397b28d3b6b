import type { Problem } from '../../../acme/index.ts';
import type { Reason } from '../../../api/index.ts';

/** What the CA said no with: of an `AcmeError` as it came, of an order's error the problem alone. */
export interface Refused {
  readonly problem: Problem;
  /** How long the CA asks to wait, where it said so. */
  readonly retryAfterMs?: number | undefined;
}

/** The reason under which users hear of it. */
export function reasonOf({ problem, retryAfterMs }: Refused): Reason {
  switch (problem.type) {
    case 'rateLimited':
      return isPause({ problem, retryAfterMs }) ? 'Paused' : 'RateLimited';
    case 'userActionRequired':
      return 'UserActionRequired';
    case 'badCSR':
      return 'KeyRefused';
    case 'serverInternal':
    case 'badNonce':
      return 'CAUnavailable';
    default:
      return 'OrderFailed';
  }
}

/** The page that the CA leads a person to. */
export function pageOf({ detail, instance, help }: Problem): string | undefined {
  return instance ?? /https:\/\/\S*[^\s.,;)]/.exec(detail)?.[0] ?? help;
}

/**
 * Let's Encrypt pauses a name whose validations have failed for months: the one rate limit that does not end by itself, told
 * without Retry-After and with a page where a person ends it.
 */
function isPause({ problem, retryAfterMs }: Refused): boolean {
  return retryAfterMs === undefined && pageOf(problem) !== undefined;
}
