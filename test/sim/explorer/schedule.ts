/** When in the life of a call its process dies, or falls asleep. */
export type Phase =
  /** It is about to be sent. */
  | 'unsent'
  /** It was carried out, and the answer is on its way. */
  | 'unheard'
  /** The answer was heard, and nothing else was done yet. */
  | 'heard';

/** How a call fails without a crash. */
export type Fault =
  /** It never gets there, and no answer comes. */
  | 'lost'
  /** It is carried out, and no answer comes. */
  | 'times out'
  /** The API server or the CA answers 500. */
  | 'answers 500'
  /** The API server answers 429 and asks for 5 s, the CA for 300 s. */
  | 'answers 429'
  /** The API server answers 409; the CA refuses the nonce once too often. */
  | 'answers 409';

/** What becomes of one watch event. */
export type EventFault = 'twice' | 'late' | 'swapped' | 'cut' | 'lost';

/** One thing that goes wrong. Calls and events are counted from 0, from the moment at which the scenario acts. */
export type Disturbance =
  | { readonly kind: 'crash'; readonly call: number; readonly phase: Phase }
  | { readonly kind: 'fault'; readonly call: number; readonly fault: Fault }
  /** The leader falls asleep, another one does what there is to do, and the first one wakes. */
  | { readonly kind: 'sleep'; readonly call: number; readonly phase: Exclude<Phase, 'heard'> }
  /** Another operator leads as well from this call on. */
  | { readonly kind: 'second'; readonly call: number }
  | { readonly kind: 'event'; readonly event: number; readonly fault: EventFault }
  /** From this call on no event of a kind comes through for so long. */
  | { readonly kind: 'stale'; readonly about: string; readonly call: number; readonly ms: number };

/** All that goes wrong in one run, and the seed of its latencies. */
export interface Schedule {
  readonly seed: number;
  readonly disturbances: readonly Disturbance[];
}

export const phases: readonly Phase[] = ['unsent', 'unheard', 'heard'];
export const faults: readonly Fault[] = ['lost', 'times out', 'answers 500', 'answers 429', 'answers 409'];
export const eventFaults: readonly EventFault[] = ['twice', 'late', 'swapped', 'cut', 'lost'];
/** How long caches are stale. */
export const staleMs: readonly number[] = [5_000, 30_000];

/** One disturbance in words; `calls` are the names of the calls of the run, as far as they are known. */
export function describeDisturbance(one: Disturbance, calls: readonly string[]): string {
  const at = 'call' in one ? `call ${one.call}${calls[one.call] === undefined ? '' : ` (${calls[one.call]})`}` : '';
  switch (one.kind) {
    case 'crash':
      return `crash ${phrase[one.phase]} ${at}`;
    case 'fault':
      return `${at} ${one.fault === 'lost' ? 'is lost' : one.fault}`;
    case 'sleep':
      return `the leader sleeps ${phrase[one.phase]} ${at}`;
    case 'second':
      return `a second leader from ${at} on`;
    case 'event':
      return `watch event ${one.event} ${one.fault === 'late' ? 'is late' : one.fault}`;
    case 'stale':
      return `no event of ${one.about} for ${one.ms / 1000} s from ${at} on`;
  }
}

const phrase: Readonly<Record<Phase, string>> = {
  unsent: 'before',
  unheard: 'before the answer to',
  heard: 'right after',
};
