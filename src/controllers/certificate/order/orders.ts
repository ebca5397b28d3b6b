import { type AcmeClient, AcmeError, type Authorization, type Challenge, type Order } from '../../../acme/index.ts';
import { type Clock, fewAtATime, TransientError } from '../../../runtime/index.ts';
import type { PendingChallenge } from '../observed.ts';

const firstPollMs = 250;
const lastPollMs = 10_000;
/** Requests for one order at once: Let's Encrypt's staging environment takes 20 a second of an address. */
export const mostRequests = 5;

/** What the CA last said of an order. */
export interface HeldOrder {
  readonly order: Order;
  /** As read when the order was first seen; read again when the order turns invalid. */
  readonly authorizations: readonly Authorization[];
  /** The challenges have been answered, as far as this process knows. */
  readonly answered: boolean;
  readonly pollAt: Date;
  readonly polls: number;
  /** Since when the CA has left it in its state, as far as this process knows. */
  readonly since: Date;
}

/** Why the CA does not show an order. */
export type Unread =
  | { readonly state: 'gone'; readonly why: string }
  /** It is no longer what was ordered. */
  | { readonly state: 'changed'; readonly why: string }
  | { readonly state: 'unavailable'; readonly why: string; readonly retryAfterMs: number | undefined };

/**
 * Remembers what the CA last said of each recorded order, so that a pass asks it no more often than a poll is due.
 *
 * It is a memory only: a process that starts without it reads the order by its URL and goes on.
 */
export class Orders {
  readonly #clock: Clock;
  readonly #held = new Map<string, HeldOrder>();
  readonly #unrecorded = new Map<string, Order>();

  constructor(parts: { clock: Clock }) {
    this.#clock = parts.clock;
  }

  /** Remembers an order that no status records yet, so that whoever tries to record it again need not place another. */
  leftUnrecorded(purpose: string, order: Order): void {
    this.#unrecorded.set(purpose, order);
  }

  /** Takes an order that was placed for this purpose and not recorded. */
  takeUnrecorded(purpose: string): Order | undefined {
    const order = this.#unrecorded.get(purpose);
    this.#unrecorded.delete(purpose);
    return order;
  }

  /** Takes up an order that was just placed, with its authorizations. */
  placed(order: Order, authorizations: readonly Authorization[]): void {
    // A CA may hand out names that it has validated before.
    const answered = unansweredOf(authorizations).length === 0;
    const now = this.#clock.now();
    this.#held.set(order.url, { order, authorizations, answered, polls: 0, pollAt: now, since: now });
  }

  /** Notes that the challenges were answered: the order is polled from now on. */
  answered(url: string): void {
    const held = this.#held.get(url);
    if (held !== undefined) this.#held.set(url, { ...held, answered: true, ...this.#waitFor(held.order) });
  }

  /** Takes over the CA's reply to finalize. */
  finalized(order: Order): void {
    const held = this.#held.get(order.url);
    if (held !== undefined) this.#held.set(order.url, { ...held, order, ...this.#waitFor(order) });
  }

  get(url: string): HeldOrder | undefined {
    return this.#held.get(url);
  }

  forget(url: string): void {
    this.#held.delete(url);
  }

  /** The order as the CA last told it; asks where nothing is known or a poll is due. */
  async read(client: AcmeClient, url: string, signal: AbortSignal): Promise<HeldOrder | Unread> {
    const held = this.#held.get(url);
    try {
      if (held === undefined) return await this.#readAnew(client, url, signal);
      const waiting = held.order.status === 'processing' || (held.order.status === 'pending' && held.answered);
      if (!waiting || this.#clock.now() < held.pollAt) return held;
      return await this.#poll(client, held, signal);
    } catch (error) {
      return unread(error);
    }
  }

  async #readAnew(client: AcmeClient, url: string, signal: AbortSignal): Promise<HeldOrder> {
    const order = await client.order(url, signal);
    const now = this.#clock.now();
    const read = { order, answered: false, polls: 0, pollAt: now, since: now };
    const open = order.status === 'pending' || order.status === 'invalid';
    const authorizations = open ? await authorizationsOf(client, order, signal) : [];
    const held: HeldOrder = { ...read, authorizations, answered: unansweredOf(authorizations).length === 0 };
    this.#held.set(url, held);
    return held;
  }

  async #poll(client: AcmeClient, held: HeldOrder, signal: AbortSignal): Promise<HeldOrder | Unread> {
    const order = await client.order(held.order.url, signal);
    // They never change (RFC 8555, 7.1.3), and stand in any sequence.
    const isSame = new Set(order.authorizations).symmetricDifference(new Set(held.order.authorizations)).size === 0;
    if (!isSame) return { state: 'changed', why: 'The CA changed the authorizations of the order' };
    const authorizations =
      order.status === 'invalid' ? await authorizationsOf(client, order, signal) : held.authorizations;
    const polls = held.polls + 1;
    const since = order.status === held.order.status ? held.since : this.#clock.now();
    const next: HeldOrder = { ...held, order, authorizations, polls, pollAt: this.#pollAt(order, polls), since };
    this.#held.set(order.url, next);
    return next;
  }

  /** The CA has just been given something to do. */
  #waitFor(order: Order): Pick<HeldOrder, 'polls' | 'pollAt' | 'since'> {
    return { polls: 0, pollAt: this.#pollAt(order, 0), since: this.#clock.now() };
  }

  /** Polls come at 0.25 s, doubling to 10 s, never before what the CA asked for. */
  #pollAt(order: Order, polls: number): Date {
    const wait = Math.max(order.retryAfterMs ?? 0, Math.min(lastPollMs, firstPollMs * 2 ** polls));
    return new Date(this.#clock.now().getTime() + wait);
  }
}

/** The one challenge of an authorization that is gone by: others that a CA offers are left alone. */
export function challengeOf({ challenges }: Authorization): Challenge | undefined {
  return challenges.find(({ type }) => type === 'http-01');
}

/** The token that proves a name, while it has to be proven. */
export function tokenOf(authorization: Authorization): string | undefined {
  return authorization.status === 'pending' ? challengeOf(authorization)?.token : undefined;
}

/**
 * The http-01 challenges that wait for their answer. Others that a CA offers stay pending whatever is done
 * (RFC 8555, 7.1.6): they say nothing.
 */
export function unansweredOf(authorizations: readonly Authorization[]): PendingChallenge[] {
  return authorizations.flatMap((authorization) => {
    const challenge = authorization.status === 'pending' ? challengeOf(authorization) : undefined;
    return challenge?.status === 'pending' ? [{ host: authorization.identifier.value, url: challenge.url }] : [];
  });
}

/** The authorizations of an order, in the order's own sequence. */
export function authorizationsOf(client: AcmeClient, order: Order, signal: AbortSignal): Promise<Authorization[]> {
  return fewAtATime(order.authorizations, mostRequests, (url) => client.authorization(url, signal));
}

function unread(error: unknown): Unread {
  if (error instanceof TransientError) {
    return { state: 'unavailable', why: error.message, retryAfterMs: error.retryAfterMs };
  }
  if (!(error instanceof AcmeError)) throw error;
  const { problem, retryAfterMs } = error;
  const busy = problem.type === 'rateLimited' || problem.type === 'serverInternal' || problem.type === 'badNonce';
  const why = `${problem.detail} (${problem.type})`;
  return busy ? { state: 'unavailable', why, retryAfterMs } : { state: 'gone', why };
}
