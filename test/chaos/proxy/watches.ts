import type { Call } from './call.ts';
import type { Incoming, Outlet, Reply } from './front.ts';
import { Recording, viewOf } from './recording.ts';
import type { Upstream } from './upstream.ts';
import { type EventRule, WatchStream } from './watch.ts';

/** A view of a kind that stands still. */
interface Stale {
  readonly revision: number;
  readonly over: AbortSignal;
}

/** The lists and watches of the client: what it is told of the world, which need not be what the API server says. */
export class Watches {
  readonly #upstream: Upstream;
  readonly #recorded: ReadonlySet<string>;
  readonly #open = new Set<WatchStream>();
  readonly #rules = new Map<string, readonly EventRule[]>();
  readonly #recordings = new Map<string, Recording>();
  readonly #stale = new Map<string, Stale>();

  /** @param recorded the plurals of the kinds of which an older state can be told. */
  constructor(upstream: Upstream, recorded: readonly string[]) {
    this.#upstream = upstream;
    this.#recorded = new Set(recorded);
  }

  /** The open watches, of one kind or of all. */
  open(resource?: string): readonly WatchStream[] {
    return [...this.#open].filter(({ call }) => resource === undefined || call.resource === resource);
  }

  /** Puts the events of a kind under a rule, until disposed of. */
  filter(resource: string, rule: EventRule): Disposable {
    const of = (): readonly EventRule[] => this.#rules.get(resource) ?? [];
    this.#rules.set(resource, [...of(), rule]);
    return {
      [Symbol.dispose]: () =>
        void this.#rules.set(
          resource,
          of().filter((one) => one !== rule),
        ),
    };
  }

  /**
   * Tells of a kind what was at a revision, until disposed of; then the watches end, and can be resumed.
   *
   * @throws Error where the kind is not recorded.
   */
  serveAsOf(resource: string, revision: number): Disposable {
    if (!this.#recorded.has(resource))
      throw new Error(`${resource} are not recorded: name them when the proxy is started`);
    const ending = new AbortController();
    this.#stale.set(resource, { revision, over: ending.signal });
    for (const stream of this.open(resource)) stream.cut();
    return {
      [Symbol.dispose]: () => {
        this.#stale.delete(resource);
        ending.abort();
      },
    };
  }

  /** Answers a list or a watch. */
  async answer(call: Call, incoming: Incoming): Promise<Reply> {
    const recording = this.#recordingOf(call, incoming);
    const stale = this.#stale.get(call.resource);
    if (stale !== undefined && recording !== undefined) {
      return call.verb === 'list' ? recording.listAt(stale.revision) : this.#staleWatch(call, recording, stale);
    }
    if (call.verb === 'list') {
      const reply = await this.#upstream.send(incoming);
      recording?.page(reply);
      return reply;
    }
    const follow = (bytes: AsyncIterable<Uint8Array>, outlet: Outlet): Promise<void> =>
      this.#while(new WatchStream(call, outlet), (stream) =>
        stream.follow(bytes, () => this.#rulesOf(call, recording)),
      );
    return this.#upstream.send(incoming, { closed: incoming.closed, follow });
  }

  #rulesOf(call: Call, recording: Recording | undefined): readonly EventRule[] {
    const rules = this.#rules.get(call.resource) ?? [];
    if (recording === undefined) return rules;
    const record: EventRule = (event) => {
      recording.event(event);
      return [event];
    };
    return [record, ...rules];
  }

  /** A server that lags says nothing to who knows more than itself, until it knows it too. */
  #staleWatch(call: Call, recording: Recording, { revision, over }: Stale): Reply {
    const from = Number(new URL(call.path, 'https://api').searchParams.get('resourceVersion') ?? '0');
    const body = (outlet: Outlet): Promise<void> =>
      this.#while(new WatchStream(call, outlet), async () => {
        for (const event of recording.eventsBetween(from, revision)) await outlet.write(`${JSON.stringify(event)}\n`);
        await aborted(AbortSignal.any([over, outlet.closed]));
        outlet.end();
      });
    return { code: 200, headers: { 'content-type': 'application/json' }, body };
  }

  async #while(stream: WatchStream, run: (stream: WatchStream) => Promise<void>): Promise<void> {
    this.#open.add(stream);
    try {
      await run(stream);
    } finally {
      this.#open.delete(stream);
    }
  }

  #recordingOf({ resource, path }: Call, { headers }: Incoming): Recording | undefined {
    if (!this.#recorded.has(resource)) return undefined;
    const view = viewOf(path, headers.accept ?? '');
    const known = this.#recordings.get(view) ?? new Recording();
    this.#recordings.set(view, known);
    return known;
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
