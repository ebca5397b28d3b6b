import { type Dispatcher, request } from 'undici';
import { TransientError } from '../runtime/index.ts';
import { Connections } from './connections.ts';
import { Credentials } from './credentials.ts';
import type { EnvironmentProxy } from './environment-proxy.ts';
import { type Call, describeCall } from './status.ts';
import { TimeLimit } from './time-limit.ts';
import type { Answer, Request, Stream, Transport } from './transport.ts';

/** No answer of the API server is this long: a page of 500 objects of 1.5 MiB would be, and no such list exists. */
const longestBody = 256 * 1024 * 1024;

/** HTTP to the API server: credentials, connections and time limits. */
export class HttpTransport implements Transport {
  readonly #credentials: Credentials;
  readonly #connections = new Connections();
  readonly #userAgent: string;
  readonly #closing = new AbortController();

  /** @throws TerminalError when there is no usable configuration. */
  constructor(options: { kubeconfig?: string; userAgent: string; proxy?: EnvironmentProxy }) {
    this.#credentials = new Credentials(options.kubeconfig, { proxy: options.proxy });
    this.#userAgent = options.userAgent;
  }

  async send(to: Request, signal?: AbortSignal): Promise<Answer> {
    const limit = this.#limit(to, signal);
    try {
      const head = await this.#open(to, limit);
      return await readAnswer(head);
    } catch (error) {
      throw unanswered(to.call, error, limit.signal);
    } finally {
      limit.end();
    }
  }

  async stream(to: Request, signal: AbortSignal): Promise<Stream> {
    const limit = this.#limit(to, signal);
    try {
      const head = await this.#open(to, limit);
      if (head.statusCode === 200) {
        limit.lift();
        return { bytes: chunks(head.body, to.call, limit) };
      }
      const answer = await readAnswer(head);
      limit.end();
      return { answer };
    } catch (error) {
      limit.end();
      throw unanswered(to.call, error, limit.signal);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new TransientError('the client of the API server is closed'));
    await this.#connections.close();
  }

  #limit(to: Request, signal: AbortSignal | undefined): TimeLimit {
    const tooLong = new TransientError(`${describeCall(to.call)}: no answer within ${to.limitMs / 1000} s`);
    return new TimeLimit(
      to.limitMs,
      tooLong,
      signal === undefined ? [this.#closing.signal] : [this.#closing.signal, signal],
    );
  }

  async #open(to: Request, limit: TimeLimit): Promise<Dispatcher.ResponseData> {
    const access = await limit.over(this.#credentials.current());
    const headers: Record<string, string> = {
      ...access.headers,
      accept: to.accept ?? 'application/json',
      'user-agent': this.#userAgent,
    };
    if (to.body !== undefined) headers['content-type'] = to.contentType ?? 'application/json';
    const asking = request(access.server + to.path, {
      dispatcher: this.#connections.for(to.lane, access),
      method: to.method,
      headers,
      signal: limit.signal,
      body: to.body === undefined ? null : JSON.stringify(to.body),
    });
    asking.catch(() => this.#credentials.expire());
    // undici heeds the signal only once it has a connection.
    const head = await limit.over(asking);
    if (head.statusCode === 401) await this.#credentials.refused(access);
    return head;
  }
}

async function readAnswer(head: Dispatcher.ResponseData): Promise<Answer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of head.body as AsyncIterable<Uint8Array>) {
    length += part.byteLength;
    if (length > longestBody) throw new Error(`the answer is longer than ${longestBody} bytes`);
    parts.push(part);
  }
  const retryAfter = head.headers['retry-after'];
  return {
    code: head.statusCode,
    retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
    text: Buffer.concat(parts, length).toString('utf8'),
  };
}

async function* chunks(body: AsyncIterable<Uint8Array>, call: Call, limit: TimeLimit): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw unanswered(call, error, limit.signal);
  } finally {
    limit.end();
  }
}

/** An abort is told by its own reason; everything else that keeps an answer from coming may pass. */
function unanswered(call: Call, error: unknown, signal: AbortSignal): Error {
  if (signal.aborted && signal.reason instanceof Error) return signal.reason;
  if (error instanceof TransientError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new TransientError(`${describeCall(call)}: no answer from the API server: ${why}`, { cause: error });
}
