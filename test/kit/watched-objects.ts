import type { ServerResponse } from 'node:http';
import { type ScriptedServer, type SeenRequest, scriptedServer } from './api-server.ts';

interface Stored {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly data: { readonly value: string };
}

/** A fault that answers one request in the place of the server. */
export type Fault = (request: SeenRequest, response: ServerResponse) => void;

/** ConfigMaps of the namespace `default` behind a fake API server that can list in pages, watch, compact and fail. */
export interface WatchedObjects extends AsyncDisposable {
  readonly server: ScriptedServer;
  /** Answers the next lists and watches, one each. */
  readonly faults: { readonly list: Fault[]; readonly watch: Fault[] };
  /** How the server says that a watch is too old. */
  goneAs: 'status' | 'event';
  readonly openWatches: number;
  put(name: string, value: string): void;
  delete(name: string): void;
  bookmark(): void;
  /** Forgets the history: a watch or a page from before is answered 410. */
  compact(): void;
  /** Ends all watches as the server does after `timeoutSeconds`. */
  endWatches(): void;
  /** Writes raw bytes to all watches. */
  write(bytes: string | Uint8Array): void;
}

/** Starts it, empty. */
export async function watchedObjects(): Promise<WatchedObjects> {
  const objects = new Objects();
  const server = await scriptedServer((request, response) => objects.answer(request, response));
  return Object.assign(objects, { server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() });
}

class Objects {
  readonly faults: { list: Fault[]; watch: Fault[] } = { list: [], watch: [] };
  goneAs: 'status' | 'event' = 'event';
  readonly #stored = new Map<string, Stored>();
  readonly #watches = new Set<ServerResponse>();
  #history: { readonly version: number; readonly line: string }[] = [];
  #version = 100;
  #compacted = 0;
  #uid = 0;

  get openWatches(): number {
    return this.#watches.size;
  }

  answer(request: SeenRequest, response: ServerResponse): void {
    const isWatch = request.url.searchParams.get('watch') === 'true';
    const fault = this.faults[isWatch ? 'watch' : 'list'].shift();
    if (fault !== undefined) fault(request, response);
    else if (isWatch) this.#watch(request, response);
    else this.#list(request, response);
  }

  put(name: string, value: string): void {
    const known = this.#stored.get(name);
    this.#version += 1;
    this.#uid += 1;
    const stored: Stored = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        namespace: 'default',
        uid: known?.metadata.uid ?? `uid-${this.#uid}`,
        resourceVersion: String(this.#version),
      },
      data: { value },
    };
    this.#stored.set(name, stored);
    this.#tell(known === undefined ? 'ADDED' : 'MODIFIED', stored);
  }

  delete(name: string): void {
    const known = this.#stored.get(name);
    if (known === undefined) throw new Error(`there is no ${name}`);
    this.#version += 1;
    this.#stored.delete(name);
    this.#tell('DELETED', { ...known, metadata: { ...known.metadata, resourceVersion: String(this.#version) } });
  }

  bookmark(): void {
    const object = {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(this.#version), creationTimestamp: null },
    };
    this.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  compact(): void {
    this.#version += 1;
    this.#compacted = this.#version;
    this.#history = [];
  }

  endWatches(): void {
    for (const response of this.#watches) response.end();
  }

  write(bytes: string | Uint8Array): void {
    for (const response of this.#watches) response.write(bytes);
  }

  #tell(type: string, object: Stored): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#history.push({ version: this.#version, line });
    this.write(line);
  }

  #list({ url }: SeenRequest, response: ServerResponse): void {
    const [from, version] = (url.searchParams.get('continue') ?? `0:${this.#version}`).split(':').map(Number);
    if (from === undefined || version === undefined || (from > 0 && version < this.#compacted)) {
      response.writeHead(410, { 'content-type': 'application/json' }).end(JSON.stringify(gone));
      return;
    }
    const limit = Number(url.searchParams.get('limit') ?? 0) || this.#stored.size;
    const all = [...this.#stored.values()].toSorted((left, right) =>
      left.metadata.name < right.metadata.name ? -1 : 1,
    );
    const items = all.slice(from, from + limit).map(({ metadata, data }) => ({ metadata, data }));
    const more = from + limit < all.length ? { continue: `${from + limit}:${version}` } : {};
    const list = {
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(version), ...more },
      items,
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list));
  }

  #watch({ url }: SeenRequest, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    const isGone = from < this.#compacted;
    if (isGone && this.goneAs === 'status') {
      response.writeHead(410, { 'content-type': 'application/json' }).end(JSON.stringify(gone));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (isGone) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: gone })}\n`);
      return;
    }
    this.#watches.add(response);
    response.on('close', () => this.#watches.delete(response));
    for (const { version, line } of this.#history) if (version > from) response.write(line);
  }
}

const gone = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'too old resource version',
  reason: 'Expired',
  code: 410,
};
