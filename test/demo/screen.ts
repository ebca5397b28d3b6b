/** Where the demo tells its story: lines with times, and on a terminal one live line below them. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #started = performance.now();
  readonly #live: boolean;
  #status: (() => string) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.#live = out.isTTY;
  }

  /** Seconds since the story began. */
  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  heading(text: string): void {
    this.#line(`\n${this.#live ? `\x1b[1m${text}\x1b[0m` : text}`);
  }

  tell(text: string): void {
    this.#line(`[${this.seconds.toFixed(1).padStart(6)} s] ${text}`);
  }

  /** Shows a line that is kept up to date, on a terminal alone. */
  follow(status: () => string): void {
    this.#status = status;
    if (this.#live) this.#timer ??= setInterval(() => this.#draw(), 200);
  }

  close(): void {
    clearInterval(this.#timer);
    if (this.#live && this.#status !== undefined) this.#out.write('\r\x1b[K');
    this.#status = undefined;
  }

  #line(text: string): void {
    if (this.#live) this.#out.write('\r\x1b[K');
    this.#out.write(`${text}\n`);
    this.#draw();
  }

  #draw(): void {
    if (!this.#live || this.#status === undefined) return;
    this.#out.write(`\r\x1b[K\x1b[2m${this.#status().slice(0, this.#out.columns - 1)}\x1b[0m`);
  }
}
