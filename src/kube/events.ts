import { type Clock, ConflictError, type Log, sleep, TransientError } from '../runtime/index.ts';
import type { KubeClient } from './client.ts';
import {
  contentOf,
  type Event,
  type EventNote,
  type EventSeries,
  type EventSource,
  eventOf,
  regardingOf,
} from './event.ts';
import { EventBudget } from './event-budget.ts';
import { microTime } from './micro-time.ts';
import type { Ref } from './objects.ts';
import { events } from './resources.ts';

/** Publishes Events. They are news, not state: one that cannot be sent is given up. */
export interface EventRecorder<Reason extends string> {
  /** Never throws, never waits: a pass is not held up by its Events. */
  publish(note: EventNote<Reason>): void;
  /** Resolves when what was published has been sent or given up, after 2 s at the latest. For a shutdown. */
  flush(): Promise<void>;
}

/** What became of a note: a new Event, counted in one that is there, left out for the budget's sake, or not taken. */
export type EventOutcome = 'made' | 'counted' | 'dropped' | 'failed';

/** What an event recorder is made of. */
export interface EventRecorderParts extends EventSource {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each write that was made or given up, and of each note that was dropped. Must not throw. */
  readonly onOutcome?: (outcome: EventOutcome) => void;
}

/**
 * A note that comes again within this time of the last makes one Event a series (client-go's `finishTime`). Its first repeat is
 * told at once; those that follow are told together, this often.
 */
const seriesMs = 360_000;
const longestQueue = 1_000;
const sendersAtOnce = 4;
const triesEach = 3;
const firstRetryMs = 1_000;
const flushLimitMs = 2_000;

/** A note with its repeats. */
interface Series {
  readonly content: string;
  readonly event: Ref & { readonly namespace: string };
  /** For log lines. */
  readonly regarding: Ref;
  readonly reason: string;
  /** What has to be made; gone once it is there, since repeats need no more than its name. */
  unmade: Event | undefined;
  count: number;
  lastAt: Date;
  lastMs: number;
  /** The count that the API server has, and since when. */
  toldCount: number;
  toldMs: number;
  /** Queued, or on its way. */
  isSending: boolean;
  /** Cancels the timer after which repeats are told; there while they wait for it. */
  cancel: (() => void) | undefined;
}

/**
 * Makes the recorder of one process. Repeats of a note are told as the series of its Event. What goes beyond 25 notes (one more
 * every 5 minutes) about one object, or 100 writes (10 more each second) in all, is dropped.
 */
export function eventRecorder<Reason extends string>(parts: EventRecorderParts): EventRecorder<Reason> {
  return new Recorder(parts);
}

class Recorder implements EventRecorder<string> {
  readonly #parts: EventRecorderParts;
  readonly #budget: EventBudget;
  /** By content, in the order of their last notes. As many as the budget allows within the time in which they are repeated. */
  readonly #series = new Map<string, Series>();
  readonly #queue: Series[] = [];
  readonly #idle = new Set<() => void>();
  #senders = 0;
  #dropped = 0;

  constructor(parts: EventRecorderParts) {
    this.#parts = parts;
    this.#budget = new EventBudget(parts.clock);
  }

  publish(note: EventNote<string>): void {
    this.#forgetSilent();
    const content = contentOf(note);
    const known = this.#series.get(content);
    if (known !== undefined) this.#repeat(known);
    else if (this.#queue.length < longestQueue && this.#budget.allowsNew(note.regarding.uid))
      this.#begin(content, note);
    else this.#drop(note);
  }

  async flush(): Promise<void> {
    for (const series of this.#series.values()) if (series.cancel !== undefined) this.#enqueue(series);
    if (this.#senders === 0) return;
    const limit = new AbortController();
    const onIdle = (): void => limit.abort();
    this.#idle.add(onIdle);
    await sleep(this.#parts.clock, flushLimitMs, limit.signal).catch(() => undefined);
    this.#idle.delete(onIdle);
  }

  #begin(content: string, note: EventNote<string>): void {
    const at = this.#parts.clock.now();
    const event = eventOf(note, this.#parts, at);
    const series: Series = {
      content,
      event: event.metadata,
      regarding: regardingOf(note),
      reason: note.reason,
      unmade: event,
      count: 1,
      lastAt: at,
      lastMs: this.#parts.clock.monotonicMs(),
      toldCount: 0,
      toldMs: 0,
      isSending: false,
      cancel: undefined,
    };
    this.#series.set(content, series);
    this.#enqueue(series);
  }

  #repeat(series: Series): void {
    series.count += 1;
    series.lastAt = this.#parts.clock.now();
    series.lastMs = this.#parts.clock.monotonicMs();
    this.#series.delete(series.content); // to the end
    this.#series.set(series.content, series);
    this.#tellRepeats(series);
  }

  /** The first repeat at once, later ones together after a while; what is on its way is looked at when it has arrived. */
  #tellRepeats(series: Series): void {
    if (series.isSending || series.cancel !== undefined || series.count === series.toldCount) return;
    const { clock } = this.#parts;
    const waitMs = series.toldCount === 1 ? 0 : series.toldMs + seriesMs - clock.monotonicMs();
    if (waitMs <= 0 && this.#queue.length < longestQueue && this.#budget.allowsRepeat()) this.#enqueue(series);
    else series.cancel = clock.after(waitMs <= 0 ? seriesMs : waitMs, () => this.#waited(series));
  }

  #waited(series: Series): void {
    series.cancel = undefined;
    this.#tellRepeats(series);
  }

  #drop(note: EventNote<string>): void {
    this.#dropped += 1;
    this.#parts.onOutcome?.('dropped');
    this.#parts.log.debug('event dropped', { ...regardingOf(note), reason: note.reason, count: this.#dropped });
  }

  #enqueue(series: Series): void {
    series.cancel?.();
    series.cancel = undefined;
    series.isSending = true;
    this.#queue.push(series);
    if (this.#senders < sendersAtOnce) void this.#send();
  }

  async #send(): Promise<void> {
    this.#senders += 1;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) await this.#sendOne(next);
    this.#senders -= 1;
    if (this.#senders === 0) for (const onIdle of this.#idle) onIdle();
  }

  /** Never throws. */
  async #sendOne(series: Series): Promise<void> {
    const { clock, log, onOutcome } = this.#parts;
    const { count, lastAt } = series;
    const told = count < 2 ? undefined : { count, lastObservedTime: microTime(lastAt) };
    try {
      await this.#attempt(series, told);
    } catch (error) {
      log.debug('event not sent', { ...series.regarding, reason: series.reason, error });
      this.#forget(series);
      onOutcome?.('failed');
      return;
    }
    onOutcome?.(series.unmade === undefined ? 'counted' : 'made');
    series.unmade = undefined;
    series.toldCount = count;
    series.toldMs = clock.monotonicMs();
    series.isSending = false;
    if (this.#series.get(series.content) === series) this.#tellRepeats(series);
  }

  /** Sends under a name that stays the same, so that one tried again is never there twice. */
  async #attempt({ unmade, event }: Series, series: EventSeries | undefined): Promise<void> {
    const { client, clock } = this.#parts;
    for (let tried = 1; ; tried += 1) {
      try {
        if (unmade === undefined) await client.patch(events, event, { series });
        else await client.create(events, series === undefined ? unmade : { ...unmade, series });
        return;
      } catch (error) {
        if (error instanceof ConflictError && unmade !== undefined && tried > 1) return; // the earlier try did arrive
        if (!(error instanceof TransientError) || tried === triesEach) throw error;
        await sleep(clock, Math.max(firstRetryMs * tried, error.retryAfterMs ?? 0));
      }
    }
  }

  #forgetSilent(): void {
    const now = this.#parts.clock.monotonicMs();
    for (const series of this.#series.values()) {
      if (now - series.lastMs < seriesMs) return;
      this.#forget(series);
    }
  }

  /** The next note of its content makes an Event of its own. */
  #forget(series: Series): void {
    series.cancel?.();
    series.cancel = undefined;
    if (this.#series.get(series.content) === series) this.#series.delete(series.content);
  }
}
