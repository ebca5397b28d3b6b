/** What was asked of one place, such as a CA. */
interface Place {
  /** When the next turn is, in milliseconds. */
  nextMs: number;
  running: number;
}

interface Bounds {
  readonly perSecond: number;
  readonly mostAtOnce: number;
  /** For how long nobody gets a turn where so many run already. */
  readonly pauseMs: number;
}

/**
 * Turns to ask something of places that must not be asked too much at once. Whoever wants one is told when it is, and comes
 * back then: nobody waits here, so a hundred thousand in line take no room. What a place has not used of the last second may
 * be used at once. All times are milliseconds of one clock.
 */
export class TurnsByPlace {
  readonly #bounds: Bounds;
  readonly #places = new Map<string, Place>();

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Takes the next turn; it is at once where what is returned is not above `nowMs`. */
  take(name: string, nowMs: number): number {
    const place = this.#placeOf(name);
    const at = Math.max(place.nextMs, nowMs - 1_000);
    place.nextMs = at + 1_000 / this.#bounds.perSecond;
    return at;
  }

  /** Begins one, unless so many run that whoever has the turn has to take another. {@link end} ends it. */
  begin(name: string, nowMs: number): boolean {
    const place = this.#placeOf(name);
    if (place.running >= this.#bounds.mostAtOnce) {
      place.nextMs = Math.max(place.nextMs, nowMs + this.#bounds.pauseMs);
      return false;
    }
    place.running += 1;
    return true;
  }

  end(name: string): void {
    this.#placeOf(name).running -= 1;
  }

  #placeOf(name: string): Place {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place: Place = { nextMs: Number.NEGATIVE_INFINITY, running: 0 };
    this.#places.set(name, place);
    return place;
  }
}
