import { Frames } from '../../../src/kube/frames.ts';
import type { Call } from './call.ts';
import type { Outlet } from './front.ts';

/** A line of a watch. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

/** What the client gets in the place of an event, once it resolves; later events wait for it. */
export type EventRule = (event: WatchEvent) => readonly WatchEvent[] | Promise<readonly WatchEvent[]>;

/** A watch of the client that is open, with what can befall it. */
export class WatchStream {
  readonly call: Call;
  readonly #outlet: Outlet;
  #frozen = false;

  constructor(call: Call, outlet: Outlet) {
    this.call = call;
    this.#outlet = outlet;
  }

  /** Resets its connection. */
  cut(): void {
    this.#outlet.reset();
  }

  /** Ends it as an API server does whose time is up; one that is frozen stays. */
  end(): void {
    if (!this.#frozen) this.#outlet.end();
  }

  /** From now on nothing comes, neither events nor an end: what the other end of a half-open connection sees. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Tells that the resourceVersion has become too old, and ends it. */
  async expire(): Promise<void> {
    const object = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410 };
    await this.#outlet.write(lineOf({ type: 'ERROR', object: { ...object, message: 'too old resource version' } }));
    this.#outlet.end();
  }

  /** Passes on what comes, until it ends; `rules` are asked for each event anew. */
  async follow(bytes: AsyncIterable<Uint8Array>, rules: () => readonly EventRule[]): Promise<void> {
    const frames = new Frames();
    try {
      for await (const chunk of bytes) {
        for (const line of frames.push(chunk)) await this.#pass(line, rules());
      }
      this.end();
    } catch {
      if (!this.#frozen && !this.#outlet.closed.aborted) this.#outlet.reset();
    }
  }

  async #pass(line: string, rules: readonly EventRule[]): Promise<void> {
    if (rules.length === 0) return this.#write(`${line}\n`);
    let events: readonly WatchEvent[] = [JSON.parse(line) as WatchEvent];
    for (const rule of rules) {
      const left: WatchEvent[] = [];
      for (const event of events) left.push(...(await rule(event)));
      events = left;
    }
    for (const event of events) await this.#write(lineOf(event));
  }

  async #write(line: string): Promise<void> {
    if (!this.#frozen && !this.#outlet.closed.aborted) await this.#outlet.write(line);
  }
}

function lineOf(event: WatchEvent): string {
  return `${JSON.stringify(event)}\n`;
}
