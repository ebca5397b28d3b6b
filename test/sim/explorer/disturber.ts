import { AcmeError } from '../../../src/acme/index.ts';
import type { Answer } from '../../../src/kube/transport.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import { type Carry, type Exchange, type Outcome, unanswered } from '../world/exchange.ts';
import type { Process } from '../world/process.ts';
import type { EventFate } from '../world/watch-line.ts';
import type { World } from '../world/world.ts';
import { type Disturbance, describeDisturbance, type Fault, type Phase, type Schedule } from './schedule.ts';

const lateMs = 5_000;
const silenceMs = 30_000;
const busyMs = 300_000;

interface Parts {
  readonly schedule: Schedule;
  /** Told whenever a process dies, falls asleep or does not hear of what was done. */
  readonly interrupted: () => void;
  /** Told each call when it is made, and what is done to it. */
  readonly trace: ((line: string) => void) | undefined;
}

/** Does to a world what a schedule says, and keeps the names of the calls that it counted. */
export class Disturber {
  /** Every call so far, by its number. */
  readonly calls: string[] = [];
  /** How many watch events there were so far. */
  events = 0;
  /** The plurals of the kinds that they were about. */
  readonly watched = new Set<string>();
  /** The leaders that sleep. */
  readonly #asleep: { readonly process: Process; readonly wake: () => void }[] = [];
  readonly #world: World;
  readonly #interrupted: Parts['interrupted'];
  readonly #trace: Parts['trace'];
  readonly #disturbances: readonly Disturbance[];
  /** Until when the events of a kind are held up. */
  readonly #staleUntil = new Map<string, number>();

  constructor(world: World, { schedule, interrupted, trace }: Parts) {
    this.#world = world;
    this.#interrupted = interrupted;
    this.#trace = trace;
    this.#disturbances = schedule.disturbances;
    world.carry = this.#carry;
    world.fateOf = (about) => this.#fateOf(about);
  }

  /** Whether a leader has slept, or two have led: who does not know of another may ask the CA in vain. */
  get slept(): boolean {
    return this.#disturbances.some(({ kind }) => kind === 'sleep' || kind === 'second');
  }

  /** Whether somebody sleeps. */
  get asleep(): boolean {
    return this.#asleep.length > 0;
  }

  /** Wakes whoever sleeps. */
  wake(): void {
    for (const { process, wake } of this.#asleep.splice(0)) {
      process.thaw();
      wake();
    }
  }

  readonly #carry: Carry = async <T>(exchange: Exchange<T>): Promise<T> => {
    const number = this.calls.push(exchange.name) - 1;
    const here = this.#disturbances.filter((one) => 'call' in one && one.call === number);
    this.#trace?.(
      `${this.#world.clock.now().toISOString()} ${exchange.process.name} calls ${number}: ${exchange.name}`,
    );
    for (const one of here) this.#trace?.(`  ${describeDisturbance(one, this.calls)}`);
    for (const one of here) {
      if (one.kind === 'stale') this.#staleUntil.set(one.about, this.#world.clock.monotonicMs() + one.ms);
      if (one.kind === 'second') this.#world.start();
    }
    for (const one of here) {
      if (one.kind === 'crash') return this.#crash(exchange, one.phase);
      if (one.kind === 'sleep') return this.#sleep(exchange, one.phase);
      if (one.kind === 'fault') return this.#fail(exchange, one.fault);
    }
    return exchange.back(await exchange.there());
  };

  async #crash<T>(exchange: Exchange<T>, phase: Phase): Promise<T> {
    const { process } = exchange;
    if (phase === 'unsent') {
      this.#interrupted();
      process.kill();
      return unanswered();
    }
    const outcome = await exchange.there();
    this.#interrupted();
    if (phase === 'unheard') {
      process.kill();
      return unanswered();
    }
    const answer = await settled(exchange.back(outcome));
    process.killSoon();
    return answer();
  }

  async #sleep<T>(exchange: Exchange<T>, phase: Phase): Promise<T> {
    const { process } = exchange;
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
    const heard = phase === 'unsent' ? undefined : await exchange.there();
    this.#interrupted();
    process.freeze();
    this.#asleep.push({ process, wake });
    this.#world.start();
    await woken;
    return exchange.back(heard ?? (await exchange.there()));
  }

  async #fail<T>(exchange: Exchange<T>, fault: Fault): Promise<T> {
    const { clock } = this.#world;
    if (fault === 'lost' || fault === 'times out') {
      if (fault === 'times out') await exchange.there();
      this.#interrupted();
      await new Promise<void>((resolve) => clock.after(silenceMs, resolve));
      return exchange.back({ error: new TransientError(`${exchange.name}: no answer within ${silenceMs / 1000} s`) });
    }
    return exchange.back(isKube(exchange.name) ? (refusal(fault) as Outcome<T>) : { error: acmeError(fault) });
  }

  #fateOf(about: string): EventFate {
    const number = this.events;
    this.events += 1;
    this.watched.add(about);
    const one = this.#disturbances.find((each) => each.kind === 'event' && each.event === number);
    if (one?.kind === 'event') return one.fault === 'late' ? { kind: 'late', ms: lateMs } : { kind: one.fault };
    const staleMs = (this.#staleUntil.get(about) ?? 0) - this.#world.clock.monotonicMs();
    return staleMs > 0 ? { kind: 'late', ms: staleMs } : { kind: 'delivered' };
  }
}

/** Waits for an answer that may be a refusal; what it gives throws it. */
async function settled<T>(answer: Promise<T>): Promise<() => T> {
  try {
    const value = await answer;
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** A call of the API server is named by its verb and its kind, one of the CA by one word. */
function isKube(name: string): boolean {
  return name.includes(' ');
}

function refusal(fault: Fault): Outcome<Answer> {
  const code = fault === 'answers 500' ? 500 : fault === 'answers 429' ? 429 : 409;
  const reason = { 500: 'InternalError', 429: 'TooManyRequests', 409: 'Conflict' }[code];
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'a fault', reason, code };
  return { value: { code, retryAfter: code === 429 ? '5' : undefined, text: JSON.stringify(status) } };
}

function acmeError(fault: Fault): AcmeError {
  if (fault === 'answers 429') return new AcmeError({ type: 'rateLimited', detail: 'too many', status: 429 }, busyMs);
  if (fault === 'answers 409') return new AcmeError({ type: 'badNonce', detail: 'the nonce is stale', status: 400 });
  return new AcmeError({ type: 'serverInternal', detail: 'sorry', status: 500 });
}
