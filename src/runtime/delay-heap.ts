/** One key and when it is due. */
interface Delayed {
  readonly key: string;
  due: number;
  /** Its place in the heap. */
  at: number;
}

/** Keys by the time they are due: a binary heap that holds each key once and finds it by name. */
export class DelayHeap {
  readonly #heap: Delayed[] = [];
  readonly #byKey = new Map<string, Delayed>();

  get size(): number {
    return this.#heap.length;
  }

  /** When the first of them is due. */
  get nextDue(): number | undefined {
    return this.#heap[0]?.due;
  }

  /** Adds `key`, or moves it to `due` where that is earlier than before. */
  addEarliest(key: string, due: number): void {
    const known = this.#byKey.get(key);
    if (known === undefined) {
      const added: Delayed = { key, due, at: this.#heap.length };
      this.#byKey.set(key, added);
      this.#heap.push(added);
      this.#up(added);
      return;
    }
    if (due >= known.due) return;
    known.due = due;
    this.#up(known);
  }

  /** Takes `key` out, where it is in. */
  delete(key: string): void {
    const known = this.#byKey.get(key);
    if (known === undefined) return;
    this.#byKey.delete(key);
    const last = this.#heap.pop();
    if (last === undefined || last === known) return;
    this.#put(last, known.at);
    this.#up(last);
    this.#down(last);
  }

  /** Takes out the first key, if it is due at `now`. */
  popDue(now: number): string | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.due > now) return undefined;
    this.delete(first.key);
    return first.key;
  }

  #put(item: Delayed, at: number): void {
    item.at = at;
    this.#heap[at] = item;
  }

  #up(item: Delayed): void {
    while (item.at > 0) {
      const parent = this.#heap[(item.at - 1) >> 1];
      if (parent === undefined || parent.due <= item.due) return;
      this.#swap(item, parent);
    }
  }

  #down(item: Delayed): void {
    for (;;) {
      const left = this.#heap[2 * item.at + 1];
      const right = this.#heap[2 * item.at + 2];
      const child = right !== undefined && left !== undefined && right.due < left.due ? right : left;
      if (child === undefined || child.due >= item.due) return;
      this.#swap(child, item);
    }
  }

  #swap(left: Delayed, right: Delayed): void {
    const place = left.at;
    this.#put(left, right.at);
    this.#put(right, place);
  }
}
