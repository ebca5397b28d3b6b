import { type Clock, TransientError } from '../runtime/index.ts';
import { callsAtOnce, eachLane, type Lane } from './lanes.ts';
import { Line } from './line.ts';
import { type Call, describeCall, retryAfterOf } from './status.ts';
import type { Answer, Request, Stream, Transport } from './transport.ts';

/** What became of a call, for metrics. */
export interface CallReport {
  readonly verb: Call['verb'];
  /** The plural of its kind. */
  readonly resource: string;
  readonly lane: Lane;
  /** The HTTP status; `failed` where no answer came. */
  readonly code: number | 'failed';
  /** How long it waited for its turn. */
  readonly waitedMs: number;
  /** From its turn to the end of the answer; of a watch, to its head. */
  readonly ms: number;
}

/** What a transport is paced with. */
export interface Pacing {
  readonly clock: Clock;
  /** Told of each call that had its turn. Must not throw. */
  readonly onCall?: ((report: CallReport) => void) | undefined;
}

/** One answer does not stop the program for longer, whatever it asks for; the object that it is about waits as long as asked. */
const longestRestMs = 60_000;

/**
 * A transport that is a good neighbour: in each lane a bounded number of calls runs at once, the others wait in the order in
 * which they came, and when the API server says 429 or 503 with a Retry-After, every lane but that of the Lease rests so long,
 * and then begins with one call at a time. A call waits for its turn no longer than its own time limit.
 */
export function paced(transport: Transport, pacing: Pacing): Transport {
  return new PacedTransport(transport, pacing);
}

class PacedTransport implements Transport {
  readonly #transport: Transport;
  readonly #pacing: Pacing;
  readonly #lines: Readonly<Record<Lane, Line>>;

  constructor(transport: Transport, pacing: Pacing) {
    this.#transport = transport;
    this.#pacing = pacing;
    this.#lines = eachLane((lane) => new Line(pacing.clock, callsAtOnce[lane]));
  }

  send(to: Request, signal?: AbortSignal): Promise<Answer> {
    return this.#inTurn(to, signal, async (told) => {
      const answer = await this.#transport.send(to, signal);
      told(answer.code, answer);
      return answer;
    });
  }

  stream(to: Request, signal: AbortSignal): Promise<Stream> {
    return this.#inTurn(to, signal, async (told) => {
      const opened = await this.#transport.stream(to, signal);
      if ('answer' in opened) told(opened.answer.code, opened.answer);
      else told(200);
      return opened;
    });
  }

  async close(): Promise<void> {
    for (const line of Object.values(this.#lines))
      line.close(new TransientError('the client of the API server is closed'));
    await this.#transport.close();
  }

  async #inTurn<T>(
    to: Request,
    signal: AbortSignal | undefined,
    call: (told: (code: number, answer?: Answer) => void) => Promise<T>,
  ): Promise<T> {
    const { clock, onCall } = this.#pacing;
    const line = this.#lines[to.lane];
    const cameMs = clock.monotonicMs();
    await line.enter(to.limitMs, describeCall(to.call), signal);
    const sentMs = clock.monotonicMs();
    let code: CallReport['code'] = 'failed';
    let restMs: number | undefined;
    try {
      return await call((said, answer) => {
        code = said;
        restMs = to.lane === 'lease' ? undefined : this.#restAfter(answer);
      });
    } finally {
      if (restMs !== undefined) this.#rest(restMs);
      line.leave(restMs === undefined);
      const { verb, resource } = to.call;
      const waitedMs = sentMs - cameMs;
      onCall?.({ verb, resource: resource.plural, lane: to.lane, code, waitedMs, ms: clock.monotonicMs() - sentMs });
    }
  }

  /** For how long the API server asks to be left alone by this answer. */
  #restAfter(answer: Answer | undefined): number | undefined {
    if (answer?.code !== 429 && answer?.code !== 503) return undefined;
    const askedMs = retryAfterOf(answer.retryAfter, this.#pacing.clock.now());
    return askedMs === undefined ? undefined : Math.min(askedMs, longestRestMs);
  }

  #rest(ms: number): void {
    const { lease: _, ...bulk } = this.#lines;
    for (const line of Object.values(bulk)) line.rest(ms);
  }
}
