import type { Answer, Request, Stream, Transport } from '../../../src/kube/transport.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import type { SimApiServer } from './server.ts';

/** Leads to a simulated server without any delay: a call is carried out when it is made. */
export function directTransport(server: SimApiServer): Transport {
  return new DirectTransport(server);
}

class DirectTransport implements Transport {
  readonly #server: SimApiServer;
  readonly #streams = new Set<LineStream>();

  constructor(server: SimApiServer) {
    this.#server = server;
  }

  async send(to: Request, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted();
    return this.#server.answer(to);
  }

  async stream(to: Request, signal: AbortSignal): Promise<Stream> {
    signal.throwIfAborted();
    const stream = new LineStream();
    const opened = this.#server.watch(to, stream);
    if ('answer' in opened) return opened;
    this.#streams.add(stream);
    stream.onClose = () => {
      opened.close();
      this.#streams.delete(stream);
    };
    signal.addEventListener('abort', () => stream.fail(signal.reason), { once: true });
    return { bytes: stream };
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.fail(new TransientError('the connections are closed'));
  }
}

/** The lines of a watch as bytes, kept until they are read. */
class LineStream implements AsyncIterable<Uint8Array> {
  onClose: () => void = () => undefined;
  readonly #waiting: Uint8Array[] = [];
  #ended: { readonly error?: unknown } | undefined;
  #wake = Promise.withResolvers<undefined>();

  line(text: string): void {
    this.#waiting.push(Buffer.from(`${text}\n`));
    this.#wake.resolve(undefined);
  }

  end(): void {
    this.#finish({});
  }

  fail(error: unknown): void {
    this.#finish({ error });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) {
        const chunk = this.#waiting.shift();
        if (chunk !== undefined) yield chunk;
        else if (this.#ended === undefined) await this.#wait();
        else break;
      }
      if ('error' in this.#ended) throw this.#ended.error;
    } finally {
      this.#finish({});
    }
  }

  async #wait(): Promise<void> {
    await this.#wake.promise;
    this.#wake = Promise.withResolvers();
  }

  #finish(how: { readonly error?: unknown }): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    this.#wake.resolve(undefined);
    this.onClose();
  }
}
