import { apiVersionOf, type Resource } from '../../../src/kube/objects.ts';
import { collectionPath, objectPath, query } from '../../../src/kube/paths.ts';
import type { Answer, Request } from '../../../src/kube/transport.ts';
import type { JsonObject, Meta, StoredObject } from '../../sim/api-server/index.ts';
import type { ServerUnderTest } from './server.ts';

/** An answer with its body read. */
export interface Reply {
  readonly code: number;
  /** An object, or a Status. */
  readonly body: StoredObject & {
    readonly details?: StatusDetails;
    readonly reason?: string;
    readonly message?: string;
  };
}

/** `details` of a Status. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
}

/** A list, as far as it is looked at. */
export interface ListReply {
  readonly code: number;
  readonly body: {
    readonly kind: string;
    readonly metadata: {
      readonly resourceVersion: string;
      readonly continue?: string;
      readonly remainingItemCount?: number;
    };
    readonly items: readonly StoredObject[];
  };
}

/** An event of a watch. */
export interface WatchEvent {
  readonly type: string;
  readonly object: StoredObject & { readonly code?: number; readonly reason?: string };
}

/** An open watch. */
export interface OpenWatch extends AsyncDisposable {
  /** Waits until so many events have come, and gives all that came since the last time. */
  take(count: number): Promise<readonly WatchEvent[]>;
}

/** How an object is written. */
export interface WriteOptions {
  readonly manager?: string;
  readonly force?: boolean;
  readonly subresource?: 'status';
}

/** Requests about the objects of one kind in one namespace, answered with status codes and bodies. */
export class RawApi {
  readonly #server: ServerUnderTest;
  readonly #resource: Resource;
  readonly #namespace: string | undefined;

  constructor(server: ServerUnderTest, resource: Resource, namespace?: string) {
    this.#server = server;
    this.#resource = resource;
    this.#namespace = namespace;
  }

  /** Server-side apply; `content` is merged with `apiVersion`, `kind` and the name. */
  async apply(name: string, content: Content, options: WriteOptions = {}): Promise<Reply> {
    const { manager: fieldManager = 'test', force, subresource } = options;
    return this.#send(
      'PATCH',
      this.#path(name, subresource) + query({ fieldManager, force, fieldValidation: 'Strict' }),
      {
        contentType: 'application/apply-patch+yaml',
        body: this.#object(name, content),
      },
    );
  }

  async create(name: string, content: Content, { manager: fieldManager = 'test' }: WriteOptions = {}): Promise<Reply> {
    const path = collectionPath(this.#resource, this.#namespace) + query({ fieldManager, fieldValidation: 'Strict' });
    return this.#send('POST', path, { body: this.#object(name, content) });
  }

  async replace(name: string, content: Content, options: WriteOptions = {}): Promise<Reply> {
    const { manager: fieldManager = 'test', subresource } = options;
    const path = this.#path(name, subresource) + query({ fieldManager, fieldValidation: 'Strict' });
    return this.#send('PUT', path, { body: this.#object(name, content) });
  }

  /** A merge patch. */
  async patch(name: string, change: JsonObject, { manager: fieldManager = 'test' }: WriteOptions = {}): Promise<Reply> {
    const contentType = 'application/merge-patch+json';
    const path = this.#path(name) + query({ fieldManager, fieldValidation: 'Strict' });
    return this.#send('PATCH', path, { contentType, body: change });
  }

  async get(name: string): Promise<Reply> {
    return this.#send('GET', this.#path(name));
  }

  async delete(name: string, options: JsonObject = {}): Promise<Reply> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
    return this.#send('DELETE', this.#path(name), { body });
  }

  /** One page of a list: `parameters` as they stand in the query. */
  async list(
    parameters: Readonly<Record<string, string | number>> = {},
    accept = 'application/json',
  ): Promise<ListReply> {
    const path = collectionPath(this.#resource, this.#namespace) + query(parameters);
    return (await this.#send('GET', path, { accept })) as unknown as ListReply;
  }

  /** The names of a list. */
  async names(parameters: Readonly<Record<string, string | number>> = {}): Promise<readonly string[]> {
    const { body } = await this.list(parameters);
    return body.items.map(({ metadata }) => metadata.name);
  }

  /** Opens a watch. */
  async watch(parameters: Readonly<Record<string, string>> = {}, accept = 'application/json'): Promise<OpenWatch> {
    const stopping = new AbortController();
    const path = collectionPath(this.#resource, this.#namespace) + query({ ...parameters, watch: true });
    const request = { ...this.#request('GET', path, { accept }), lane: 'watches' } as const;
    const opened = await this.#server.transport.stream(request, stopping.signal);
    if (!('bytes' in opened)) throw new Error(opened.answer.text);
    const lines = linesOf(opened.bytes)[Symbol.asyncIterator]();
    return {
      async take(count) {
        const events: WatchEvent[] = [];
        while (events.length < count) {
          const next = await lines.next();
          if (next.done === true) break;
          events.push(JSON.parse(next.value) as WatchEvent);
        }
        return events;
      },
      async [Symbol.asyncDispose]() {
        stopping.abort(new Error('the test is over'));
        await lines.return?.(undefined).catch(() => undefined);
      },
    };
  }

  async #send(method: Request['method'], path: string, rest: Partial<Request> = {}): Promise<Reply> {
    const answer: Answer = await this.#server.transport.send(this.#request(method, path, rest));
    return { code: answer.code, body: JSON.parse(answer.text) as Reply['body'] };
  }

  #request(method: Request['method'], path: string, rest: Partial<Request>): Request {
    const call = { verb: 'get', resource: this.#resource } as const;
    return { call, method, path, lane: 'requests', limitMs: 30_000, ...rest };
  }

  #path(name: string, subresource?: string): string {
    const ref = this.#namespace === undefined ? { name } : { namespace: this.#namespace, name };
    return objectPath(this.#resource, ref, subresource);
  }

  #object(name: string, { metadata, ...rest }: Content): JsonObject {
    const { kind } = this.#resource;
    return { apiVersion: apiVersionOf(this.#resource), kind, metadata: { name, ...metadata }, ...rest };
  }
}

/** What an object says besides its kind and its name. */
export interface Content extends JsonObject {
  readonly metadata?: Partial<Meta>;
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let text = '';
  for await (const chunk of bytes) {
    text += Buffer.from(chunk).toString();
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}
