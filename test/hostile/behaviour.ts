import type { Reason } from '../../src/api/index.ts';
import type { Deviation } from './ca.ts';

/** One way in which a CA is hostile, and what has to come of it. */
export interface Behaviour {
  /** Completes "a CA that …". */
  readonly name: string;
  readonly does: Deviation;
  /** What the condition says, word for word, somewhere in its message. */
  readonly says: string;
  readonly reason: Reason;
  /** The deadline of a request, real milliseconds: short where the CA makes everybody wait for it. Default: 10,000. */
  readonly timeoutMs?: number;
}

/** One line of a table. */
export type Line = readonly [name: string, does: Deviation, reason: Reason, says: string, timeoutMs?: number];

/** The behaviours of a table. */
export function behaviours(lines: readonly Line[]): readonly Behaviour[] {
  return lines.map(([name, does, reason, says, timeoutMs]) => ({
    name,
    does,
    reason,
    says,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }));
}
