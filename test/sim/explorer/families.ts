import { seededRandom } from '../../kit/random.ts';
import { type Disturbance, eventFaults, faults, type Phase, phases, type Schedule, staleMs } from './schedule.ts';
import type { Outcome } from './trial.ts';

/** The seed of every schedule that is not made by chance. */
export const plainSeed = 1;

/** A kind of exploration. */
export interface Family {
  readonly name: string;
  /** A phrase for people. */
  readonly what: string;
  /** Every schedule for a scenario, from its undisturbed run; of pairs the first halves. */
  readonly schedules: (reference: Outcome) => Iterable<readonly Disturbance[]>;
  /** The second halves, from the run of a first one. */
  readonly andThen?: (first: readonly Disturbance[], outcome: Outcome) => Iterable<readonly Disturbance[]>;
}

/** Whatever the schedules of a world can have go wrong, one thing at a time, and crashes in pairs. */
export const families: readonly Family[] = [
  {
    name: 'crash',
    what: 'a crash at every write and every request to the CA',
    schedules: ({ calls }) => crashes(calls.keys(), phases),
  },
  {
    name: 'pairs',
    what: 'every ordered pair of crashes right before and right after what changes something',
    schedules: ({ calls }) => halves(calls, 0),
    andThen: function* second([first], { calls }) {
      if (first?.kind !== 'crash') return;
      for (const [next] of halves(calls, first.call + 1)) if (next !== undefined) yield [first, next];
    },
  },
  {
    name: 'fault',
    what: 'every call lost, timed out, or answered 409, 429 or 500',
    schedules: function* fault({ calls }) {
      for (const call of calls.keys()) for (const one of faults) yield [{ kind: 'fault', call, fault: one }];
    },
  },
  {
    name: 'event',
    what: 'every watch event twice, late, swapped, cut off or lost',
    schedules: function* event({ events }) {
      for (let at = 0; at < events; at += 1)
        for (const fault of eventFaults) yield [{ kind: 'event', event: at, fault }];
    },
  },
  {
    name: 'stale',
    what: 'the cache of every kind stale from every call on',
    schedules: function* stale({ calls, watched }) {
      for (const about of watched) {
        for (const call of calls.keys()) for (const ms of staleMs) yield [{ kind: 'stale', about, call, ms }];
      }
    },
  },
  {
    name: 'leader',
    what: 'a leader that sleeps in every call, and two leaders from every call on',
    schedules: function* leader({ calls }) {
      for (const call of calls.keys()) {
        yield [{ kind: 'sleep', call, phase: 'unsent' }];
        yield [{ kind: 'sleep', call, phase: 'unheard' }];
        yield [{ kind: 'second', call }];
      }
    },
  },
];

/** What the CA is asked and changes nothing there. Whatever else is counted does: of the API server only writes are. */
const questions: ReadonlySet<string> = new Set([
  'directory',
  'findAccount',
  'order',
  'authorization',
  'certificate',
  'renewalInfo',
]);

/**
 * A crash leaves nothing but what stands in the cluster and at the CA. In pairs each of these states is left once: where it was
 * only asked for something, or the answer was heard as well, the same stands as before. Single crashes leave out neither.
 */
function halves(calls: readonly string[], from: number): Iterable<readonly Disturbance[]> {
  const changing = [...calls.keys()].filter((call) => call >= from && !questions.has(calls[call] ?? ''));
  return crashes(changing, ['unsent', 'unheard']);
}

function* crashes(at: Iterable<number>, when: readonly Phase[]): Generator<readonly Disturbance[], void, void> {
  for (const call of at) for (const phase of when) yield [{ kind: 'crash', call, phase }];
}

/** A schedule by chance: one to four disturbances of any family, and latencies of its own. */
export function scheduleByChance(seed: number, reference: Outcome): Schedule {
  const random = seededRandom(seed);
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  const single = families.filter(({ andThen }) => andThen === undefined);
  const disturbances = Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
    const family = pick(single);
    return family === undefined ? [] : (pick([...family.schedules(reference)]) ?? []);
  });
  return { seed, disturbances: disturbances.flat() };
}
