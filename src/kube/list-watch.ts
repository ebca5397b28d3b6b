import { type Clock, type Log, sleep, TransientError, Turns } from '../runtime/index.ts';
import { notUnderstood, withKind } from './answers.ts';
import type { Cache, CacheEvent, Change, Source } from './cache.ts';
import type { KubeClient } from './client.ts';
import { Frames } from './frames.ts';
import { IdleDeadline } from './idle-deadline.ts';
import { type Call, ExpiredError } from './status.ts';
import { Store } from './store.ts';
import { readWatchEvent } from './watch-event.ts';

/** What a list-watch is made of. */
export interface ListWatchParts {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
  /** Told of what happens. Must be quick. */
  readonly onEvent?: (event: CacheEvent) => void;
}

const pageSize = 500;
/** A watch that ends earlier than this, with nothing said, was no watch. */
const shortestWatchMs = 1_000;
/** A watch that stood for so long had nothing to do with the faults before it, be its kind so quiet that nothing came. */
const provenMs = 10_000;
const firstBackOffMs = 800;
const longestBackOffMs = 30_000;

const eventNames = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted', BOOKMARK: 'bookmark' } as const;

/** Makes the cache of a source. It fills and stays up to date while its {@link Cache.run} runs. */
export function listWatch<Row>(parts: ListWatchParts, source: Source<Row>): Cache<Row> {
  return new ListWatch(parts, source);
}

/**
 * One loop: list in pages, then watch with bookmarks from there; resume at the last resourceVersion after any fault; list
 * anew only when that is too old (410). A list is taken in as it comes, and what it did not have is deleted at its end, so
 * that readers always see a whole world, if an old one.
 */
class ListWatch<Row> implements Cache<Row> {
  readonly #client: Pick<KubeClient, 'list' | 'watch'>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #random: () => number;
  readonly #onEvent: (event: CacheEvent) => void;
  readonly #source: Source<Row>;
  readonly #call: Call;
  readonly #store: Store<Row>;
  readonly #firstList = Promise.withResolvers<undefined>();
  #synced = false;
  /** Where the next watch begins; undefined when a list must come first. */
  #resourceVersion: string | undefined;
  /** Failures in a row, of which each makes the next pause longer. */
  #faults = 0;
  /** In a row, with no watch in between that was of use. */
  #expirations = 0;
  #lastSignMs: number;

  constructor({ client, clock, log, random, onEvent }: ListWatchParts, source: Source<Row>) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log.child({ resource: source.resource.plural });
    this.#random = random ?? Math.random;
    this.#onEvent = onEvent ?? (() => undefined);
    this.#source = source;
    this.#call = { verb: 'watch', resource: source.resource };
    this.#store = new Store(source, { log: this.#log, onEvent: this.#onEvent });
    this.#lastSignMs = clock.monotonicMs();
  }

  get size(): number {
    return this.#store.size;
  }

  get synced(): boolean {
    return this.#synced;
  }

  get(key: string): Row | undefined {
    return this.#store.get(key);
  }

  list(): Iterable<Row> {
    return this.#store.list();
  }

  by(index: string, value: string): readonly Row[] {
    return this.#store.by(index, value);
  }

  onChange(listener: (change: Change<Row>) => void): void {
    this.#store.onChange(listener);
  }

  silentMs(): number {
    return this.#clock.monotonicMs() - this.#lastSignMs;
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await Promise.race([aborted.promise, this.#firstList.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = await this.#round(signal);
      // An abort ends the pause, and with it the loop.
      await sleep(this.#clock, pauseMs, signal).catch(() => undefined);
    }
  }

  /** One list, where needed, and one watch to its end; returns how long to wait before the next. */
  async #round(signal: AbortSignal): Promise<number> {
    try {
      this.#resourceVersion ??= await this.#listAll(signal);
      await this.#watch(this.#resourceVersion, signal);
      return this.#shortPauseMs();
    } catch (error) {
      return signal.aborted ? 0 : this.#afterFailure(error);
    }
  }

  #afterFailure(error: unknown): number {
    if (error instanceof ExpiredError) return this.#afterExpiry(error);
    this.#onEvent('failed');
    this.#log.warn('list or watch failed, trying again', { error, count: this.#faults + 1 });
    const pauseMs = this.#backOffMs(this.#faults, error);
    this.#faults += 1;
    return pauseMs;
  }

  /** Nothing is wrong, so that the list comes soon; but not for ever, where each watch is too old at once. */
  #afterExpiry(error: ExpiredError): number {
    this.#resourceVersion = undefined;
    this.#onEvent('expired');
    this.#log.info('watch is too old to resume, listing anew');
    const pauseMs = this.#expirations === 0 ? this.#shortPauseMs() : this.#backOffMs(this.#expirations, error);
    this.#expirations += 1;
    return pauseMs;
  }

  /** Those who were cut off together do not come back together. */
  #shortPauseMs(): number {
    return 50 + 200 * this.#random();
  }

  #backOffMs(count: number, error: unknown): number {
    const backOffMs = Math.min(longestBackOffMs, firstBackOffMs * 2 ** count) * (0.5 + this.#random() / 2);
    const retryAfterMs = error instanceof TransientError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(backOffMs, retryAfterMs * (1 + this.#random() / 10));
  }

  /** Reads all pages, and returns where a watch begins. */
  async #listAll(signal: AbortSignal): Promise<string> {
    const { resource } = this.#source;
    const turns = new Turns();
    this.#store.beginList();
    let page = await this.#client.list(resource, this.#source, { limit: pageSize }, signal);
    const { resourceVersion } = page;
    for (;;) {
      this.#lastSignMs = this.#clock.monotonicMs();
      for (const item of page.items) {
        this.#store.put(item);
        if (turns.isOver) await turns.next();
      }
      if (page.continue === undefined) break;
      page = await this.#client.list(resource, this.#source, { limit: pageSize, continue: page.continue }, signal);
    }
    await this.#store.endList(turns);
    this.#faults = 0;
    this.#synced = true;
    this.#onEvent('listed');
    this.#firstList.resolve(undefined);
    return resourceVersion;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const idle = new IdleDeadline(this.#clock, this.#call);
    const openedMs = this.#clock.monotonicMs();
    const timeoutSeconds = Math.round(300 + 300 * this.#random());
    try {
      const linked = AbortSignal.any([signal, idle.signal]);
      const from = { resourceVersion, timeoutSeconds };
      const bytes = await this.#client.watch(this.#source.resource, this.#source, from, linked);
      this.#onEvent('watched');
      const acceptedMs = this.#clock.monotonicMs();
      this.#lastSignMs = acceptedMs; // it promises every change since the place to resume at
      const anything = await this.#follow(bytes, idle)
        .catch((error: unknown) => this.#unlessIdle(error, idle))
        .finally(() => {
          if (this.#clock.monotonicMs() - acceptedMs >= provenMs) this.#faults = 0;
        });
      if (anything || this.#clock.monotonicMs() - openedMs >= shortestWatchMs) {
        this.#expirations = 0;
        return;
      }
    } finally {
      idle.end();
    }
    throw new TransientError(`watch ${this.#source.resource.plural}: it ended at once`);
  }

  /** A watch that fell silent is opened anew, which tells whether the API server is there; that alone is no failure. */
  #unlessIdle(error: unknown, idle: IdleDeadline): true {
    if (!idle.signal.aborted) throw error;
    this.#log.debug('watch was silent, opening it anew');
    return true;
  }

  /** Takes in the events of one stream until it ends; returns whether there was any. */
  async #follow(bytes: AsyncIterable<Uint8Array>, idle: IdleDeadline): Promise<boolean> {
    const frames = new Frames();
    const turns = new Turns();
    let anything = false;
    for await (const chunk of bytes) {
      idle.postpone();
      for (const frame of frames.push(chunk)) {
        this.#take(frame);
        anything = true;
      }
      if (turns.isOver) await turns.next();
    }
    if (frames.partial) throw notUnderstood(this.#call, 'cut off in the middle of an event');
    return anything;
  }

  /** Takes in one event, and moves the place to resume at behind it. */
  #take(frame: string): void {
    const { type, object, resourceVersion } = readWatchEvent(this.#call, frame, this.#clock.now());
    if (type === 'DELETED') this.#store.delete(withKind(this.#call, object));
    else if (type !== 'BOOKMARK') this.#store.put(withKind(this.#call, object));
    this.#onEvent(eventNames[type]);
    this.#resourceVersion = resourceVersion;
    this.#lastSignMs = this.#clock.monotonicMs();
    this.#faults = 0;
    this.#expirations = 0;
  }
}
