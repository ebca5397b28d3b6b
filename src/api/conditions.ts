import type { Condition } from './generated/certificate.ts';
import type { Reason } from './reasons.ts';
import { timestamp } from './times.ts';

/** What a condition is to say. */
export interface NextCondition {
  readonly type: string;
  readonly status: Condition['status'];
  readonly reason: Reason;
  readonly message: string;
  /** The generation of the spec that this was found for. */
  readonly observedGeneration: number;
}

/** The API server gives this time to the conditions of a new object (`default` of `status` in crds/): nobody has looked yet. */
const unseen = '1970-01-01T00:00:00Z';

/** The longest message that the schema admits, in UTF-16 code units. */
const longestMessage = 32_768;

/**
 * Builds a condition. `lastTransitionTime` is kept while the status is unchanged, and is `now` in whole seconds otherwise
 * (metav1.Condition). A message that is too long for the schema is cut.
 */
export function condition(previous: readonly Condition[] | undefined, next: NextCondition, now: Date): Condition {
  const before = previous?.find(({ type }) => type === next.type);
  const unchanged = before?.status === next.status && before.lastTransitionTime !== unseen;
  return {
    ...next,
    message: next.message.slice(0, longestMessage),
    lastTransitionTime: unchanged ? before.lastTransitionTime : timestamp(now),
  };
}

/** Whether the condition of this type is there and True. */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((one) => one.type === type && one.status === 'True') ?? false;
}
