import { setTimeout as pause } from 'node:timers/promises';
import type { Call, CallKind, Described } from './call.ts';
import type { Carry, Fate, Match } from './exchange.ts';
import type { Incoming, Reply } from './front.ts';

/** A rule for calls, in force until it is disposed of. */
export interface Intervention extends Disposable {
  /** The first call that it was applied to, once that call's answer is decided. */
  readonly first: Promise<Call>;
}

/** A call that waits in the proxy. */
export interface Held {
  /** Resolves when it has come. */
  readonly arrived: Promise<Call>;
  /** Lets it go on, as `carry` says or as if nothing had been. */
  release(carry?: Carry): void;
}

/**
 * When a client is killed: its call is `unsent`, so that the server never hears of it; carried out, but the reply is `unheard`;
 * or the reply is `heard`, and nothing that follows.
 */
export type Phase = 'unsent' | 'unheard' | 'heard';

/** Every phase. */
export const phases: readonly Phase[] = ['unsent', 'unheard', 'heard'];

/** A crash of the client that is to be. */
export interface Crash extends Disposable {
  /** Resolves with the call at which the client was killed, once it is dead. */
  readonly killed: Promise<Call>;
}

/** Told of a call that was carried out, and of the reply that its client has not heard yet. */
export type Follower = (call: Call, reply: Reply) => Promise<void>;

interface Rule {
  readonly match: Match;
  readonly carry: Carry;
  readonly first: PromiseWithResolvers<Call>;
  left: number;
}

/** What a client can do at most between hearing an answer and being killed, if it sends nothing. */
const lastBreathMs = 30;

/** The calls of one client: numbered, recorded, and put under rules. */
export class Traffic {
  readonly #fates: Fate[] = [];
  readonly #numbers = new Map<CallKind, number>();
  readonly #rules = new Set<Rule>();
  readonly #followers = new Set<Follower>();
  /** Settled when the client can reach the servers again; undefined while it can. */
  #severed: { readonly mended: PromiseWithResolvers<void>; readonly knocked: PromiseWithResolvers<void> } | undefined;

  /** What became of every call, in the order in which they came. */
  get fates(): readonly Fate[] {
    return this.#fates;
  }

  /** Takes one call through: by the oldest rule that it matches, or as it is. With undefined its connection is to be reset. */
  async take(
    described: Described,
    incoming: Incoming,
    send: (call: Call) => Promise<Reply>,
  ): Promise<Reply | undefined> {
    const call = { ...described, number: this.#numbers.get(described.kind) ?? 0 };
    this.#numbers.set(call.kind, call.number + 1);
    const fate: { -readonly [Key in keyof Fate]: Fate[Key] } = { call, atMs: performance.now() };
    this.#fates.push(fate);
    const sent = async (): Promise<Reply> => {
      const reply = await send(call);
      fate.carriedOut = reply.code;
      const { location } = reply.headers;
      if (typeof location === 'string') fate.location = location;
      for (const follower of this.#followers) await follower(call, reply);
      return reply;
    };
    const { delivered, closed } = incoming;
    let rule: Rule | undefined;
    try {
      if (await this.#isCutOff()) return undefined;
      rule = this.#ruleFor(call);
      const carry: Carry = rule?.carry ?? ((exchange) => exchange.send());
      const reply = await carry({ call, body: incoming.body.toString('utf8'), send: sent, delivered, closed });
      if (reply === undefined || (await this.#isCutOff())) return undefined;
      fate.answered = reply.code;
      return reply;
    } finally {
      fate.endedMs = performance.now();
      rule?.first.resolve(call);
    }
  }

  /** Puts the next `times` calls that match under a rule; without `times` all of them. */
  intervene(match: Match, carry: Carry, times = Number.POSITIVE_INFINITY): Intervention {
    const rule: Rule = { match, carry, left: times, first: Promise.withResolvers<Call>() };
    this.#rules.add(rule);
    return { first: rule.first.promise, [Symbol.dispose]: () => void this.#rules.delete(rule) };
  }

  /** Tells of each reply of a server, and waits, before anything comes of it: others may act then. Until disposed of. */
  follow(follower: Follower): Disposable {
    this.#followers.add(follower);
    return { [Symbol.dispose]: () => void this.#followers.delete(follower) };
  }

  /** Lets the next call that matches wait. */
  hold(match: Match): Held {
    const arrived = Promise.withResolvers<Call>();
    const released = Promise.withResolvers<Carry>();
    const carry: Carry = async (exchange) => {
      arrived.resolve(exchange.call);
      return (await released.promise)(exchange);
    };
    this.intervene(match, carry, 1);
    return { arrived: arrived.promise, release: (how = ({ send }) => send()) => released.resolve(how) };
  }

  /** Kills the client at the next call that matches; nothing that it does later reaches a server. */
  crash(match: Match, phase: Phase, kill: () => Promise<void>): Crash {
    const killed = Promise.withResolvers<Call>();
    const end = async (call: Call): Promise<void> => {
      const mend = this.sever();
      if (phase === 'heard') await Promise.race([this.#severed?.knocked.promise, pause(lastBreathMs)]);
      await kill().then(() => killed.resolve(call), killed.reject);
      mend();
    };
    const carry: Carry = async ({ call, send, delivered }) => {
      const reply = phase === 'unsent' ? undefined : await send();
      if (phase === 'heard') {
        void delivered.then(() => end(call));
        return reply;
      }
      await end(call);
      return undefined;
    };
    const rule = this.intervene(match, carry, 1);
    return { killed: killed.promise, [Symbol.dispose]: () => rule[Symbol.dispose]() };
  }

  /** Lets nothing through any more: calls wait, and are reset when the returned function is called. */
  sever(): () => void {
    const severed = { mended: Promise.withResolvers<void>(), knocked: Promise.withResolvers<void>() };
    this.#severed = severed;
    return () => {
      this.#severed = undefined;
      severed.mended.resolve();
    };
  }

  async #isCutOff(): Promise<boolean> {
    if (this.#severed === undefined) return false;
    this.#severed.knocked.resolve();
    await this.#severed.mended.promise;
    return true;
  }

  #ruleFor(call: Call): Rule | undefined {
    for (const rule of this.#rules) {
      if (!rule.match(call)) continue;
      rule.left -= 1;
      if (rule.left <= 0) this.#rules.delete(rule);
      return rule;
    }
    return undefined;
  }
}
