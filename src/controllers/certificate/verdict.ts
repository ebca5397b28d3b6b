import type { Reason } from '../../api/index.ts';
import { untilSomebodyActs } from './back-off.ts';
import type { OrderRecord, Refusal } from './observed.ts';
import type { Need } from './policies.ts';

/** An issuance and its cause. */
export type Due = Extract<Need, { due: true }>;

/** Why an issuance that is due does not go on, as a condition says it. */
export interface Blocker {
  readonly reason: Reason;
  /** A sentence that says what to do. */
  readonly message: string;
  /** Only a person can help. */
  readonly stalled?: boolean;
}

/** Why something that is due waits, and until when. */
export interface Held {
  readonly blocker: Blocker;
  readonly until: Date;
}

const forPeople: ReadonlySet<Reason> = new Set([
  ...untilSomebodyActs,
  'RateBudget',
  'SecretContested',
  'SecretRefused',
] satisfies Reason[]);

/** Why an issuance does not go on, and whether it is for a person to help: at the CA, or by an edit. */
export function blockerOf(reason: Reason, message: string): Blocker {
  return { reason, message, stalled: forPeople.has(reason) };
}

/** An attempt that failed. */
export interface Failed {
  /** How long the CA asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** The names that it failed in, as far as that is known. */
  readonly refused?: readonly Refusal[];
}

/** What a pass has found, from which the status follows. */
export interface Verdict {
  readonly blocker?: Blocker;
  /** Why an issuance is going on. */
  readonly cause?: Due;
  /** What becomes of the recorded order; it is kept where nothing is said. */
  readonly order?: OrderRecord | 'drop' | 'failed';
  /** What becomes of the recorded failure; it is kept where nothing is said. */
  readonly failure?: 'clear' | Failed;
}
