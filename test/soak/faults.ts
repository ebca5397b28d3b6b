import { setTimeout as pause } from 'node:timers/promises';
import { type ChaosProxy, delay, refuse, type WatchStream } from '../chaos/proxy/index.ts';
import { type CrashableComponent, killComponent, reviveComponent } from '../kit/components.ts';
import type { Random } from '../kit/random.ts';
import type { Identity } from './identity.ts';

/** Something bad, from its beginning to its end: afterwards everything works that worked before. */
export interface Fault {
  /** As the summary calls it. */
  readonly name: string;
  readonly run: (random: Random) => Promise<void>;
}

/** What faults are brought about by. */
export interface FaultParts {
  /** Between the subject and the API server. */
  readonly proxy: ChaosProxy;
  readonly identity: Identity;
}

/** Every fault that is over when it says so. */
export function faultsOf(parts: FaultParts): Faults {
  return { onTheWire: onTheWire(parts), toTheHistory: toTheHistory(parts) };
}

interface Faults {
  /** Those after which every watch can be resumed where it was. */
  readonly onTheWire: readonly Fault[];
  /** Those after which it may be too late for that. */
  readonly toTheHistory: readonly Fault[];
}

/** One that is over only when the subject notices: nothing tells it that its watches are dead. That takes 75 s. */
export function goneSilent({ proxy }: FaultParts): Fault {
  return {
    name: 'watches gone silent',
    run: async (random) => {
      for (const watch of half(proxy, random)) watch.freeze();
      await pause(3_000); // for something to be missed
    },
  };
}

function onTheWire({ proxy, identity }: FaultParts): readonly Fault[] {
  const { api, traffic } = proxy;
  return named({
    'connections cut': async () => api.reset(),
    'watches cut': async (random) => each(half(proxy, random), (watch) => watch.cut()),
    'watches ended': async (random) => each(half(proxy, random), (watch) => watch.end()),
    'watches frozen, then cut': async (random) => {
      const frozen = half(proxy, random);
      each(frozen, (watch) => watch.freeze());
      await pause(random.between(500, 3_000));
      each(frozen, (watch) => watch.cut());
    },
    'connections refused': async (random) => {
      await api.refuse();
      await pause(random.between(300, 2_000));
      await api.listen();
    },
    'calls refused': async (random) => {
      using _ = traffic.intervene(every, refuse(random.pick([429, 500, 503]), { retryAfterSeconds: 1 }));
      await comeAnew(proxy, random);
    },
    'calls delayed': async (random) => {
      using _ = traffic.intervene(every, delay(random.between(200, 1_500)));
      await comeAnew(proxy, random);
    },
    'certificate rotated': () => proxy.rotateCertificate(),
    'token rotated': () => identity.rotate(),
  });
}

function toTheHistory({ proxy }: FaultParts): readonly Fault[] {
  return named({
    'API server killed': (random) => crash('kube-apiserver', random.between(0, 3_000)),
    'etcd killed': (random) => crash('etcd', random.between(0, 2_000)),
    'watches expired': async (random) => {
      await Promise.allSettled(half(proxy, random).map((watch) => watch.expire()));
    },
    'resumption refused as too old': async () => {
      proxy.traffic.intervene(({ kind }) => kind === 'watch', refuse(410), 5);
      proxy.api.reset();
    },
  });
}

function named(runs: Readonly<Record<string, Fault['run']>>): readonly Fault[] {
  return Object.entries(runs).map(([name, run]) => ({ name, run }));
}

function every(): boolean {
  return true;
}

/** Has every watch come anew, for a while. */
async function comeAnew({ api }: ChaosProxy, random: Random): Promise<void> {
  api.reset();
  await pause(random.between(500, 2_500));
}

async function crash(component: CrashableComponent, downMs: number): Promise<void> {
  await killComponent(component);
  await pause(downMs);
  await reviveComponent(component);
}

/** About half of the watches that are open. */
function half({ watches }: ChaosProxy, random: Random): readonly WatchStream[] {
  return watches.open().filter(() => random.chance(0.5));
}

function each<T>(things: readonly T[], act: (thing: T) => void): void {
  for (const thing of things) act(thing);
}

/** Deals things out in a random order, all of them before any comes again. */
export class Deck<T> {
  readonly #things: readonly T[];
  readonly #random: Random;
  #left: T[] = [];

  /** @throws Error when there is nothing to deal. */
  constructor(things: readonly T[], random: Random) {
    if (things.length === 0) throw new Error('a deck without a card');
    this.#things = things;
    this.#random = random;
  }

  next(): T {
    if (this.#left.length === 0) this.#left = this.#random.shuffled(this.#things);
    return this.#left.pop() as T;
  }
}
