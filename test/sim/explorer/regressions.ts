import type { Schedule } from './schedule.ts';

/** A schedule that once broke something. */
export interface Regression {
  /** What was wrong, as a sentence that goes on from "what once broke something holds:". */
  readonly why: string;
  readonly scenario: string;
  readonly schedule: Schedule;
}

/** Kept as they were found, cut down to what it took. */
export const regressions: readonly Regression[] = [
  {
    why: 'an order that another leader has finalized is gone on with, not given up',
    scenario: 'renewal',
    schedule: { seed: 1, disturbances: [{ kind: 'second', call: 0 }] },
  },
  {
    why: 'a Secret that nobody consumes, seen later than the status that tells of it, ends what is told of the earlier one',
    scenario: 'secret-change',
    schedule: { seed: 1, disturbances: [{ kind: 'event', event: 2, fault: 'late' }] },
  },
  {
    why: 'a failure that is heard late says nothing of a certificate that another leader has issued meanwhile',
    scenario: 'first',
    schedule: {
      seed: 34,
      disturbances: [
        { kind: 'second', call: 1 },
        { kind: 'fault', call: 2, fault: 'times out' },
      ],
    },
  },
  {
    why: 'of two leaders the one whose cache has missed an edit of the Certificate does not change its route back',
    scenario: 'spec-change-and-back',
    schedule: {
      seed: 30,
      disturbances: [
        { kind: 'second', call: 6 },
        { kind: 'crash', call: 2, phase: 'unheard' },
        { kind: 'event', event: 7, fault: 'lost' },
      ],
    },
  },
  {
    why: 'a refusal to take a key for the next one says nothing of the account once another leader has put it in use',
    scenario: 'rollover',
    schedule: { seed: 1, disturbances: [{ kind: 'sleep', call: 7, phase: 'unsent' }] },
  },
  {
    why: 'a leader that wakes does not tell of the names that it could not reach before it slept',
    scenario: 'partial-unreached-back',
    schedule: { seed: 1, disturbances: [{ kind: 'sleep', call: 1, phase: 'unsent' }] },
  },
  {
    why: 'an archive whose write was answered to a leader that slept is not taken for what it is now',
    scenario: 'revoke-compromised',
    schedule: { seed: 1, disturbances: [{ kind: 'sleep', call: 2, phase: 'unheard' }] },
  },
  {
    why: 'a Secret that another leader has just taken over is looked at before it is said to be missing',
    scenario: 'adoption-meanwhile',
    schedule: { seed: 1, disturbances: [{ kind: 'second', call: 6 }] },
  },
  {
    why: 'an account key is not changed before everybody must have heard that it will be',
    scenario: 'rollover-and-renewal',
    schedule: { seed: 1, disturbances: [{ kind: 'event', event: 1, fault: 'lost' }] },
  },
  {
    why: 'a CA that does not say for now whether it has changed a key may have done so',
    scenario: 'rollover-and-renewal',
    schedule: { seed: 1, disturbances: [{ kind: 'fault', call: 9, fault: 'answers 500' }] },
  },
  {
    why: 'an issuer that changes while its account is being opened is not called unready',
    scenario: 'rollover-and-renewal',
    schedule: {
      seed: 1,
      disturbances: [
        { kind: 'crash', call: 4, phase: 'unsent' },
        { kind: 'crash', call: 17, phase: 'unsent' },
      ],
    },
  },
];
