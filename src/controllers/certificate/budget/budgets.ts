import type { Cache, KubeClient } from '../../../kube/index.ts';
import { type Clock, ConflictError, type Log, TransientError, Turns } from '../../../runtime/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import type { IssuerRow } from '../../issuer-row.ts';
import { type Ask, accountKeyOf, type Charge, certificateChargesOf, chargesOf, failureChargesOf } from './charges.ts';
import { Ledger } from './ledger.ts';
import { partNameOf } from './ledger-text.ts';
import { type LimitKind, type RateLimits, rateLimitsOf } from './limits.ts';
import { Line } from './line.ts';
import { bucketsTold, toldBy } from './statuses.ts';
import { isLate, isOverdrawn, spent, tokensIn } from './token-bucket.ts';

/** Who wants to place an order, and where. */
export interface WantedOrder extends Ask {
  /** The Certificate, `namespace/name`. */
  readonly key: string;
  /** The URL of the CA's directory. */
  readonly directory: string;
  readonly rates: RateLimits;
}

/** Whether an order may be placed now. */
export type BudgetSeen =
  | { readonly state: 'allows' }
  /** So many want one at this moment that each has its turn. */
  | { readonly state: 'paced'; readonly until: Date }
  /** The ledger cannot be read, so nothing is known of what was spent. */
  | { readonly state: 'unknown'; readonly why: string }
  /** `why` says which limit. */
  | { readonly state: 'spent'; readonly until: Date; readonly why: string };

/** What is left of a limit, in the bucket that has least. */
export interface Remaining {
  readonly ca: string;
  readonly limit: LimitKind;
  readonly tokens: number;
}

interface Parts {
  readonly client: Pick<KubeClient, 'get' | 'apply'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly namespace: string;
  readonly certificates: Pick<Cache<CertificateRow>, 'list'>;
  readonly issuerOf: (key: string) => IssuerRow | undefined;
}

/**
 * Keeps the operator within the rate limits of each CA: says whether an order may be placed and if not, when, and counts what is.
 *
 * It counts as Let's Encrypt does, or more strictly: an order takes its tokens before it is sent, also those that the CA takes only
 * when it issues. Whoever waits for a token has a turn of their own (`Line`), and delays nobody who needs none of that bucket.
 */
export class Budgets {
  readonly #parts: Parts;
  readonly #ledger: Ledger;
  /** By part and key of the bucket. */
  readonly #lines = new Map<string, Line>();
  /** When the bucket of `newOrders` of each part is full. */
  readonly #paces = new Map<string, number>();
  /** The directories of which the statuses have been read. */
  readonly #told = new Map<string, Promise<void>>();
  /** The limits that were last asked about, by directory. */
  readonly #rates = new Map<string, RateLimits>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#ledger = new Ledger(parts);
  }

  /** Whether an order may be placed now. Reads the ledger where this process has not yet. */
  async look(order: WantedOrder, signal: AbortSignal): Promise<BudgetSeen> {
    try {
      await this.#open(order, signal);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      return { state: 'unknown', why: error.message };
    }
    return this.#seen(order);
  }

  /**
   * Takes the tokens of an order, which may be placed when this returns: the stored ledger speaks of it then.
   *
   * @throws ConflictError where the budget does not allow it after all; what the client throws where the ledger can be neither
   *   read nor stored.
   */
  async spend(order: WantedOrder, signal: AbortSignal): Promise<void> {
    await this.#open(order, signal);
    // From here on nobody else comes between.
    if (this.#seen(order).state !== 'allows') throw new ConflictError('the rate budget was spent meanwhile');
    const part = partNameOf(order.directory);
    for (const { key } of needsOf(order)) this.#leave(part, key, order.key);
    this.#pace(order);
    const charges = chargesOf(order.rates, order).filter(isStored);
    if (charges.length === 0) return;
    this.#note(order, charges, 'spent', signal);
    try {
      const key = accountKeyOf(order.account);
      const limit = charges.find((charge) => charge.key === key)?.limit;
      await this.#ledger.cover({ part, key, limit }, signal);
      const now = this.#now;
      if (!charges.some((charge) => isOverdrawn(this.#bucket(part, charge), charge.limit, now))) return;
      throw new ConflictError('another operator spent the rate budget meanwhile');
    } catch (error) {
      this.#note(order, charges, 'refunded', signal);
      throw error;
    }
  }

  /** The CA did not take the order: nothing was spent. */
  refused(order: WantedOrder, signal: AbortSignal): void {
    this.#note(order, chargesOf(order.rates, order), 'refunded', signal);
  }

  /** The CA has issued: it counts the certificate from now on, and not from when it was ordered. */
  issued(order: WantedOrder, signal: AbortSignal): void {
    const buckets = this.#ledger.bucketsOf(partNameOf(order.directory));
    const now = this.#now;
    const late = certificateChargesOf(order.rates, order).filter(({ key, limit }) =>
      isLate(buckets.get(key), limit, now),
    );
    this.#note(order, late, 'refunded', signal);
    this.#note(order, late, 'spent', signal);
  }

  /** An order came to nothing: no certificate is counted, but each name whose validation failed. */
  failed(order: WantedOrder, names: readonly string[], signal: AbortSignal): void {
    this.#note(order, certificateChargesOf(order.rates, order), 'refunded', signal);
    this.#note(order, failureChargesOf(order.rates, order.account, names), 'spent', signal);
  }

  /** What is left, for metrics: of each limit at each CA in the bucket that has least. */
  remaining(): Remaining[] {
    const now = this.#now;
    return [...this.#rates].flatMap(([directory, { limits }]) => {
      const buckets = [...this.#ledger.bucketsOf(partNameOf(directory))];
      return Object.entries(limits).map(([kind, limit]): Remaining => {
        const own = buckets.filter(([key]) => key.startsWith(`${kind} `));
        const tokens = Math.min(limit.count, ...own.map(([, fullAt]) => tokensIn(fullAt, limit, now)));
        return { ca: URL.parse(directory)?.host ?? directory, limit: kind as LimitKind, tokens };
      });
    });
  }

  get #now(): number {
    return this.#parts.clock.now().getTime();
  }

  #seen(order: WantedOrder): BudgetSeen {
    const charges = needsOf(order);
    const empty = this.#furthest(order, charges.filter(isStored));
    if (empty !== undefined) return { state: 'spent', until: empty.until, why: sentenceOf(empty.charge) };
    const paced = this.#furthest(
      order,
      charges.filter((charge) => !isStored(charge)),
    );
    return paced === undefined ? { state: 'allows' } : { state: 'paced', until: paced.until };
  }

  /** The bucket that keeps an order waiting longest, where its turn in line is kept from now on. */
  #furthest(
    { directory, key: who }: WantedOrder,
    charges: readonly Charge[],
  ): { charge: Charge; until: Date } | undefined {
    const now = this.#now;
    const part = partNameOf(directory);
    let last: { readonly charge: Charge; readonly line: Line; readonly turn: number } | undefined;
    for (const charge of charges) {
      const line = this.#lines.get(`${part} ${charge.key}`) ?? new Line();
      const turn = line.turnOf(who, { fullAt: this.#bucket(part, charge), limit: charge.limit }, now);
      if (turn > now && (last === undefined || turn > last.turn)) last = { charge, line, turn };
    }
    if (last === undefined) return undefined;
    last.line.join(who, last.turn);
    this.#lines.set(`${part} ${last.charge.key}`, last.line);
    return { charge: last.charge, until: new Date(last.turn) };
  }

  #pace({ directory, rates }: WantedOrder): void {
    const { newOrders } = rates.limits;
    const part = partNameOf(directory);
    if (newOrders !== undefined) this.#paces.set(part, spent(this.#paces.get(part), newOrders, this.#now));
  }

  #bucket(part: string, { kind, key }: Charge): number | undefined {
    return kind === 'newOrders' ? this.#paces.get(part) : this.#ledger.bucketsOf(part).get(key);
  }

  #leave(part: string, key: string, who: string): void {
    const line = this.#lines.get(`${part} ${key}`);
    line?.leave(who);
    if (line?.isEmpty === true) this.#lines.delete(`${part} ${key}`);
  }

  #note({ directory }: WantedOrder, charges: readonly Charge[], kind: 'spent' | 'refunded', signal: AbortSignal): void {
    const part = partNameOf(directory);
    for (const { key, limit } of charges.filter(isStored)) this.#ledger.note({ part, key, limit, kind }, signal);
  }

  /** Reads what is stored, and what the statuses tell besides; once, and only where there is a limit to keep. */
  async #open(order: WantedOrder, signal: AbortSignal): Promise<void> {
    if (!needsOf(order).some(isStored)) return;
    const { directory, rates } = order;
    this.#rates.set(directory, rates);
    await this.#ledger.read(signal);
    const learning = this.#told.get(directory) ?? this.#learn(directory);
    this.#told.set(directory, learning);
    await learning.catch((error: unknown) => {
      this.#told.delete(directory);
      throw error;
    });
  }

  async #learn(directory: string): Promise<void> {
    const { certificates, issuerOf } = this.#parts;
    const now = this.#now;
    const turns = new Turns();
    const told: ReturnType<typeof toldBy> = [];
    for (const row of certificates.list()) {
      const issuer = issuerOf(row.issuerKey);
      const account = issuer?.status.acme?.uri;
      if (issuer === undefined || account === undefined || issuer.spec.acme.server !== directory) continue;
      told.push(...toldBy({ row, account, rates: rateLimitsOf(issuer.spec.acme) }, now));
      if (turns.isOver) await turns.next();
    }
    this.#ledger.learn(partNameOf(directory), bucketsTold(told));
  }
}

/** The buckets that have to hold a token before an order is placed. */
function needsOf({ rates, account, ...order }: WantedOrder): Charge[] {
  return [...chargesOf(rates, { account, ...order }), ...failureChargesOf(rates, account, order.names)];
}

/** How fast orders are placed is no matter of what was spent before: a new process may begin anew. */
function isStored({ kind }: Charge): boolean {
  return kind !== 'newOrders';
}

function sentenceOf({ kind, limit, whose }: Charge): string {
  const hours = Math.round((limit.periodMs / 3_600_000) * 10) / 10;
  return `${limit.count} in ${hours} h are allowed for ${whose} (spec.acme.rateLimits.${kind} of the issuer)`;
}
