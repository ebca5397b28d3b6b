import type { Clock } from '../runtime/index.ts';

/** What of a note the budget looks at. */
interface Note {
  readonly regarding: { readonly uid: string };
  readonly type: string;
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** Tokens that refill with time: so many at once, and one more each `refillMs`. */
interface Bucket {
  tokens: number;
  filledMs: number;
}

const total = { burst: 100, refillMs: 100 };
const perObject = { burst: 25, refillMs: 300_000 };
const repeatMs = 600_000;
/** How many objects and notes are remembered; the oldest are forgotten. */
const remembered = 10_000;

/** How many Events may be sent: in all, about one object (as client-go's spam filter), and of the very same content. */
export class EventBudget {
  readonly #clock: Clock;
  readonly #total: Bucket;
  readonly #objects = new Map<string, Bucket>();
  readonly #notes = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#total = { tokens: total.burst, filledMs: clock.monotonicMs() };
  }

  /** Whether the note may be sent, and counts it if so. */
  allows(note: Note): boolean {
    const now = this.#clock.monotonicMs();
    const content = JSON.stringify([note.regarding.uid, note.type, note.reason, note.action, note.note]);
    const lastMs = this.#notes.get(content);
    if (lastMs !== undefined && now - lastMs < repeatMs) return false;

    const object = this.#objects.get(note.regarding.uid) ?? { tokens: perObject.burst, filledMs: now };
    fill(object, perObject, now);
    fill(this.#total, total, now);
    if (object.tokens < 1 || this.#total.tokens < 1) return false;
    object.tokens -= 1;
    this.#total.tokens -= 1;
    remember(this.#objects, note.regarding.uid, object);
    remember(this.#notes, content, now);
    return true;
  }
}

function fill(bucket: Bucket, rate: { burst: number; refillMs: number }, now: number): void {
  bucket.tokens = Math.min(rate.burst, bucket.tokens + (now - bucket.filledMs) / rate.refillMs);
  bucket.filledMs = now;
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= remembered) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
