import { labels, managedByValue, managers } from '../../../api/index.ts';
import { configMaps, createOnly, type KubeClient, type KubeObject } from '../../../kube/index.ts';
import { type Clock, ConflictError, type Log, sleep } from '../../../runtime/index.ts';
import { type Buckets, ledgerData, readBuckets } from './ledger-text.ts';
import { type Limit, refunded, spent, tokensIn } from './token-bucket.ts';

/** The ConfigMap in the operator's namespace that says what has been spent at each CA. */
export const ledgerConfigMap = 'evercert-ledger';

/** What was spent is written within this time. */
const flushMs = 60_000;
const attemptsToWrite = 5;

/** One token, taken out of a bucket or given back. */
export interface Entry {
  /** The CA's part of the ledger. */
  readonly part: string;
  readonly key: string;
  readonly limit: Limit;
  readonly kind: 'spent' | 'refunded';
}

type Dated = Entry & { readonly at: number };
type Ledgers = Map<string, Map<string, number>>;

/** The bucket of an account's orders; without a limit where none counts them. */
export interface Account {
  readonly part: string;
  readonly key: string;
  readonly limit: Limit | undefined;
}

/** The orders of one account since there was a minute without any. */
interface Burst {
  readonly account: Account;
  placed: number;
  /** How many more the stored ledger speaks of already. */
  covered: number;
}

/** Orders that are stored before they are placed. */
interface Advance {
  readonly burst: Burst;
  readonly at: number;
  readonly orders: number;
}

interface Parts {
  readonly client: Pick<KubeClient, 'get' | 'apply'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The operator's own namespace. */
  readonly namespace: string;
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * What was spent of the limits of each CA, in memory and in one ConfigMap.
 *
 * - An order is placed only once the stored ledger speaks of it: of itself, or in advance of as many orders as its burst already
 *   has. So n orders in a minute cost some log2(n) writes. A crash wastes what the passes that ran were about to use, and no
 *   more in advance than was used.
 * - Whatever else happens is stored within a minute. A crash loses that: domains, exact sets and failures of the last
 *   minute. Statuses tell of them too, unless their Certificates were deleted in that very minute.
 * - Each write carries the version that was read. Who is refused reads again and adds its own: of two leaders neither undoes
 *   what the other one wrote.
 */
export class Ledger {
  readonly #parts: Parts;
  /** As last read or stored. */
  #known: Ledgers = new Map();
  /** The same with the entries that are not stored yet. */
  #buckets: Ledgers = new Map();
  readonly #entries: Dated[] = [];
  readonly #bursts = new Map<string, Burst>();
  #version: Pick<KubeObject['metadata'], 'uid' | 'resourceVersion'> | undefined;
  #reading: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #flushes = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Reads what is stored, once. Nothing may be spent before. Throws what the client does. */
  async read(signal: AbortSignal): Promise<void> {
    this.#reading ??= this.#readAgain(signal);
    try {
      await this.#reading;
    } catch (error) {
      this.#reading = undefined;
      throw error;
    }
  }

  /** The buckets of a CA that are not full. To be asked after {@link read}. */
  bucketsOf(part: string): Buckets {
    return this.#buckets.get(part) ?? new Map();
  }

  /** Takes in what is known from elsewhere: of two accounts of one bucket the emptier one is believed. */
  learn(part: string, buckets: Buckets): void {
    this.#take(new Map([[part, new Map(buckets)]]));
  }

  /** Notes a token that was taken or given back; stored within a minute. */
  note(entry: Entry, signal: AbortSignal): void {
    const dated = { ...entry, at: this.#now };
    apply(this.#buckets, dated);
    this.#entries.push(dated);
    void this.#flushLater(signal);
  }

  /** Returns once the stored ledger speaks of one more order of this account. Throws what the client does. */
  async cover(account: Account, signal: AbortSignal): Promise<void> {
    const id = `${account.part} ${account.key} ${account.limit === undefined}`;
    const burst = this.#bursts.get(id) ?? { account, placed: 0, covered: 0 };
    this.#bursts.set(id, burst);
    if (burst.covered > 0) burst.covered -= 1;
    else await this.#write(signal);
    burst.placed += 1;
    void this.#flushLater(signal);
  }

  get #now(): number {
    return this.#parts.clock.now().getTime();
  }

  /** Those who wait for a write while one is under way share the next one. */
  async #write(signal: AbortSignal): Promise<void> {
    const begin = (): Promise<void> => {
      this.#next = undefined;
      this.#writing = this.#store(signal);
      return this.#writing;
    };
    this.#next ??= this.#writing.then(begin, begin);
    await this.#next;
  }

  async #store(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const stored = pruned(this.#buckets, this.#now);
      const entries = this.#entries.length;
      const advances = this.#advances();
      for (const burst of this.#bursts.values()) burst.covered = 0; // what is stored now speaks of none of these
      try {
        await this.#applied(withEntries(stored, advances.flatMap(entriesOf)), signal);
        this.#entries.splice(0, entries);
        this.#known = stored;
        for (const { burst, orders } of advances) burst.covered += orders;
        return;
      } catch (error) {
        if (!(error instanceof ConflictError) || attempt === attemptsToWrite) throw error;
        await this.#readAgain(signal);
      }
    }
  }

  /** As many orders in advance as each burst has, as far as its bucket goes. */
  #advances(): readonly Advance[] {
    const at = this.#now;
    return [...this.#bursts.values()].map((burst) => {
      const { part, key, limit } = burst.account;
      const left = limit === undefined ? burst.placed : tokensIn(this.#buckets.get(part)?.get(key), limit, at);
      return { burst, at, orders: Math.min(burst.placed, left) };
    });
  }

  async #applied(ledgers: Ledgers, signal: AbortSignal): Promise<void> {
    const { client, namespace } = this.#parts;
    const metadata = { name: ledgerConfigMap, namespace, labels: { [labels.managedBy]: managedByValue } };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: ledgerData(ledgers, this.#now) };
    const known = this.#version;
    const guarded = known === undefined ? createOnly(object) : { ...object, metadata: { ...metadata, ...known } };
    const options = { manager: managers.ledger, force: true, signal };
    const { metadata: stored } = await client.apply<KubeObject>(configMaps, guarded, options);
    this.#version = versionOf(stored);
  }

  async #readAgain(signal: AbortSignal): Promise<void> {
    const { client, log, namespace } = this.#parts;
    const object = await client.get<ConfigMap>(configMaps, { namespace, name: ledgerConfigMap }, signal);
    this.#version = object === undefined ? undefined : versionOf(object.metadata);
    const parts = Object.entries(object?.data ?? {}).map(
      ([part, text]) => [part, readBuckets(text, this.#now)] as const,
    );
    const count = parts.reduce((sum, [, { unread }]) => sum + unread, 0);
    if (count > 0) log.warn('lines of the ledger of rate limits make no sense and are passed over', { count });
    this.#take(new Map(parts.map(([part, { buckets }]) => [part, new Map(buckets)])));
  }

  /** Believes the emptier of two accounts of a bucket, and adds what is not stored yet. */
  #take(others: Ledgers): void {
    const parts = new Set([...this.#known.keys(), ...others.keys()]);
    this.#known = new Map([...parts].map((part) => [part, emptier(this.#known.get(part), others.get(part))]));
    this.#buckets = withEntries(this.#known, this.#entries);
  }

  async #flushLater(signal: AbortSignal): Promise<void> {
    if (this.#flushes || signal.aborted) return;
    this.#flushes = true;
    try {
      await sleep(this.#parts.clock, flushMs, signal);
      const isAhead = [...this.#bursts.values()].some(({ covered }) => covered > 0);
      this.#bursts.clear();
      if (isAhead || this.#entries.length > 0) await this.#write(signal);
    } catch (error) {
      if (!signal.aborted) this.#parts.log.warn('the ledger of rate limits cannot be stored, trying again', { error });
    }
    this.#flushes = false;
    if (this.#entries.length > 0) void this.#flushLater(signal);
  }
}

function entriesOf({ burst, at, orders }: Advance): Dated[] {
  const { part, key, limit } = burst.account;
  return limit === undefined ? [] : Array.from({ length: orders }, () => ({ part, key, limit, at, kind: 'spent' }));
}

function versionOf({
  uid,
  resourceVersion,
}: KubeObject['metadata']): Pick<KubeObject['metadata'], 'uid' | 'resourceVersion'> {
  return { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
}

/** Of each bucket the later time at which it is full. */
function emptier(one: Buckets = new Map(), other: Buckets = new Map()): Map<string, number> {
  const merged = new Map(one);
  for (const [key, fullAt] of other) merged.set(key, Math.max(fullAt, merged.get(key) ?? 0));
  return merged;
}

/** Without the buckets that are full. */
function pruned(ledgers: Ledgers, now: number): Ledgers {
  for (const buckets of ledgers.values()) {
    for (const [key, fullAt] of buckets) if (fullAt <= now) buckets.delete(key);
  }
  return withEntries(ledgers, []);
}

/** A copy with more entries. */
function withEntries(ledgers: Ledgers, entries: readonly Dated[]): Ledgers {
  const copy: Ledgers = new Map([...ledgers].map(([part, buckets]) => [part, new Map(buckets)]));
  for (const entry of entries) apply(copy, entry);
  return copy;
}

function apply(ledgers: Ledgers, { part, key, limit, at, kind }: Dated): void {
  const buckets = ledgers.get(part) ?? new Map<string, number>();
  ledgers.set(part, buckets);
  const fullAt = kind === 'spent' ? spent(buckets.get(key), limit, at) : refunded(buckets.get(key), limit);
  if (fullAt !== undefined) buckets.set(key, fullAt);
}
