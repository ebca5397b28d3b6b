import { intervalMs, type Limit, nextTokenAt, tokensIn } from './token-bucket.ts';

/** A turn that nobody has come for is lost after so long, or after one more refill where that is longer. */
const graceMs = 60_000;

/**
 * Who waits for a token of one bucket, and from when on it is theirs: one token each, in the order of asking. So of a thousand
 * Certificates that wait for one not all come back for each.
 *
 * It is a memory only: after a restart whoever still waits lines up anew.
 */
export class Line {
  /** When each may come; in order of time. */
  readonly #turns = new Map<string, number>();
  #last = 0;

  get isEmpty(): boolean {
    return this.#turns.size === 0;
  }

  /** When somebody may take a token: now, at the turn that they have, or at the one that they would get. */
  turnOf(who: string, bucket: { readonly fullAt: number | undefined; readonly limit: Limit }, now: number): number {
    const { fullAt, limit } = bucket;
    if (tokensIn(fullAt, limit, now) > this.#dueBefore(who, limit, now)) return now;
    const own = this.#turns.get(who);
    if (own !== undefined && own > now) return own;
    const next = Math.max(nextTokenAt(fullAt ?? now, limit), now + 1);
    return this.isEmpty ? next : Math.max(next, this.#last + intervalMs(limit));
  }

  /** Gives somebody the turn that {@link turnOf} told. */
  join(who: string, turn: number): void {
    if (this.#turns.get(who) === turn) return;
    this.#turns.delete(who);
    this.#turns.set(who, turn);
    this.#last = turn;
  }

  /** Somebody has taken theirs. */
  leave(who: string): void {
    this.#turns.delete(who);
  }

  /** How many have come to their turn, before `who`, and not taken it yet. Forgets those who never came. */
  #dueBefore(who: string, limit: Limit, now: number): number {
    const lost = now - Math.max(graceMs, intervalMs(limit));
    let due = 0;
    for (const [one, turn] of this.#turns) {
      if (turn > now || one === who) break;
      if (turn < lost) this.#turns.delete(one);
      else due += 1;
    }
    return due;
  }
}
