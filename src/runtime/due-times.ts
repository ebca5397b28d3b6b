/**
 * Keys by the time that was promised to them: a binary heap that holds each key once and finds it by name. Three flat
 * collections and no object per key, because nearly all keys of a fleet are here nearly always.
 */
export class DueTimes {
  readonly #keys: string[] = [];
  readonly #dues: number[] = [];
  readonly #places = new Map<string, number>();

  get size(): number {
    return this.#keys.length;
  }

  /** When the first of them is due. */
  get nextDue(): number | undefined {
    return this.#dues[0];
  }

  /** Adds `key`, or moves it to `due` where that is earlier than before. */
  addEarliest(key: string, due: number): void {
    const place = this.#places.get(key);
    if (place === undefined) this.#up(this.#keys.length, key, due);
    else if (due < (this.#dues[place] ?? 0)) this.#up(place, key, due);
  }

  /** Takes `key` out, where it is in. */
  delete(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    const last = this.#keys.pop();
    const due = this.#dues.pop();
    if (last === undefined || due === undefined || last === key) return;
    this.#up(this.#down(place, due), last, due);
  }

  /** Takes out the first key, if it is due at `now`. */
  popDue(now: number): string | undefined {
    const [key] = this.#keys;
    if (key === undefined || (this.#dues[0] ?? 0) > now) return undefined;
    this.delete(key);
    return key;
  }

  #put(place: number, key: string, due: number): void {
    this.#keys[place] = key;
    this.#dues[place] = due;
    this.#places.set(key, place);
  }

  /** Puts `key` at `place`, which is free, or above it where it belongs. */
  #up(place: number, key: string, due: number): void {
    let free = place;
    while (free > 0) {
      const above = (free - 1) >> 1;
      const aboveDue = this.#dues[above] ?? 0;
      if (aboveDue <= due) break;
      this.#put(free, this.#keys[above] ?? '', aboveDue);
      free = above;
    }
    this.#put(free, key, due);
  }

  /** Moves the free `place` down as far as what is below is due before `due`. @returns where it ends. */
  #down(place: number, due: number): number {
    let free = place;
    for (;;) {
      const left = 2 * free + 1;
      const below = (this.#dues[left + 1] ?? Infinity) < (this.#dues[left] ?? Infinity) ? left + 1 : left;
      const belowDue = this.#dues[below] ?? Infinity;
      if (belowDue >= due) return free;
      this.#put(free, this.#keys[below] ?? '', belowDue);
      free = below;
    }
  }
}
