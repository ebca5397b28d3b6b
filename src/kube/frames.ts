const newline = 0x0a;

/** A watch event is an object of at most a few MiB; a line that is longer is not from an API server. */
const longestFrame = 64 * 1024 * 1024;

/**
 * Cuts a stream of bytes into lines. It cuts bytes, not text: a chunk may end anywhere, also inside a character.
 *
 * Use one for one stream.
 */
export class Frames {
  #parts: Uint8Array[] = [];
  #length = 0;

  /** Whether the stream stands in the middle of a line. */
  get partial(): boolean {
    return this.#length > 0;
  }

  /**
   * The lines that `chunk` completes, without their ends; empty lines are left out.
   *
   * @throws Error when a line grows beyond 64 MiB.
   */
  *push(chunk: Uint8Array): Generator<string, void, void> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      if (this.#length > 0) yield this.#take();
    }
    this.#keep(chunk.subarray(start));
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length > longestFrame) throw new Error(`a line is longer than ${longestFrame} bytes`);
  }

  #take(): string {
    const line = Buffer.concat(this.#parts, this.#length).toString('utf8');
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}
