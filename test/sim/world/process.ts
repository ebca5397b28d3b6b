import type { Clock } from '../../../src/runtime/index.ts';

/** Reads of the clock by one process within one instant of virtual time; more is a loop that never waits. */
const readsAtOnce = 20_000;
/** Calls of one process within a minute of virtual time; more is a loop that waits for nothing but its answers. */
const callsInMinute = 2_000;

/**
 * One run of the operator's program. Once it is killed nothing it does has an effect any more; while it is frozen, as by SIGSTOP,
 * its timers and the answers to its calls wait.
 */
export class Process {
  readonly name: string;
  /** Ends its program as SIGTERM does. */
  readonly ending = new AbortController();
  readonly #clock: Clock;
  readonly #onDeath: (process: Process) => void;
  readonly #held: (() => void)[] = [];
  #state: 'alive' | 'frozen' | 'dying' | 'dead' = 'alive';
  #reads = { atMs: 0, count: 0 };
  #calls = { minute: 0, count: 0 };

  constructor(name: string, clock: Clock, onDeath: (process: Process) => void) {
    this.name = name;
    this.#clock = clock;
    this.#onDeath = onDeath;
  }

  get dead(): boolean {
    return this.#state === 'dead';
  }

  /** It does something, or would: it is neither dead nor frozen. */
  get runs(): boolean {
    return this.#state === 'alive' || this.#state === 'dying';
  }

  /** It has read the clock so often at once, or called so often in a minute, that it can only be going round in circles. */
  get spins(): boolean {
    return this.#reads.count > readsAtOnce || this.#calls.count > callsInMinute;
  }

  /** SIGKILL. */
  kill(): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    this.#held.length = 0;
    this.ending.abort(new Error('killed')); // what it holds is let go of; nothing of it gets out
    this.#onDeath(this);
  }

  /** Lets it act upon what it has just heard; it dies before anything else it does reaches the world. */
  killSoon(): void {
    if (this.#state === 'dead') return;
    this.#state = 'dying';
    this.#clock.after(0, () => this.kill());
  }

  /** SIGSTOP. */
  freeze(): void {
    if (this.#state === 'alive') this.#state = 'frozen';
  }

  /** SIGCONT. */
  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'alive';
    for (const run of this.#held.splice(0)) run();
  }

  /** Whether a call that it makes now gets out. */
  maySend(): boolean {
    const minute = Math.floor(this.#clock.monotonicMs() / 60_000);
    this.#calls = { minute, count: minute === this.#calls.minute ? this.#calls.count + 1 : 1 };
    if (this.#state === 'dying' || this.spins) this.kill();
    return this.#state === 'alive';
  }

  /** Runs `run` in the process: at once, when it is thawed, or never. */
  in(run: () => void): void {
    if (this.#state === 'frozen') this.#held.push(run);
    else if (this.#state === 'alive') run();
  }

  /** The clock as the process reads it. */
  readonly clock: Clock = {
    now: () => this.#read().now(),
    monotonicMs: () => this.#read().monotonicMs(),
    after: (ms, run) => this.#clock.after(ms, () => this.in(run)),
  };

  #read(): Clock {
    const atMs = this.#clock.monotonicMs();
    this.#reads = { atMs, count: atMs === this.#reads.atMs ? this.#reads.count + 1 : 1 };
    if (this.spins) this.kill();
    return this.#clock;
  }
}
