import type { Clock } from '../runtime/index.ts';

/** Tokens that refill with time: so many at once, and one more each `refillMs`. */
interface Rate {
  readonly burst: number;
  readonly refillMs: number;
}

interface Bucket {
  tokens: number;
  filledMs: number;
}

const total: Rate = { burst: 100, refillMs: 100 };
const perObject: Rate = { burst: 25, refillMs: 300_000 };
/** How many objects are remembered; the oldest are forgotten. */
const remembered = 10_000;

/** How many Events may be written: in all, and new ones about one object (as client-go's spam filter). */
export class EventBudget {
  readonly #clock: Clock;
  readonly #total: Bucket;
  readonly #objects = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#total = { tokens: total.burst, filledMs: clock.monotonicMs() };
  }

  /** Whether a new Event about the object of this uid may be written, and counts it if so. */
  allowsNew(uid: string): boolean {
    const now = this.#clock.monotonicMs();
    const object = this.#objects.get(uid) ?? { tokens: perObject.burst, filledMs: now };
    fill(object, perObject, now);
    if (object.tokens < 1 || !this.allowsRepeat()) return false;
    object.tokens -= 1;
    this.#objects.delete(uid); // to the end of the order in which they are forgotten
    this.#objects.set(uid, object);
    if (this.#objects.size > remembered) this.#forgetOldest();
    return true;
  }

  /** Whether one that is there may be written once more, and counts it if so. */
  allowsRepeat(): boolean {
    fill(this.#total, total, this.#clock.monotonicMs());
    if (this.#total.tokens < 1) return false;
    this.#total.tokens -= 1;
    return true;
  }

  #forgetOldest(): void {
    for (const oldest of this.#objects.keys()) {
      this.#objects.delete(oldest);
      return;
    }
  }
}

function fill(bucket: Bucket, rate: Rate, now: number): void {
  bucket.tokens = Math.min(rate.burst, bucket.tokens + (now - bucket.filledMs) / rate.refillMs);
  bucket.filledMs = now;
}
