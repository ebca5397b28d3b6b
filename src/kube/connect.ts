import { systemClock } from '../runtime/index.ts';
import { readObject, readPage, readRefusal } from './answers.ts';
import type { ApplyOptions, KubeClient, Page, Selection } from './client.ts';
import type { EnvironmentProxy } from './environment-proxy.ts';
import { HttpTransport } from './http-transport.ts';
import type { Lane } from './lanes.ts';
import type { KubeObject, Ref, Resource } from './objects.ts';
import { type CallReport, paced } from './paced-transport.ts';
import { collectionPath, objectPath, parentPath, query, selectorsOf } from './paths.ts';
import { type Call, isUnservedKind, refusalError } from './status.ts';
import type { Answer, Request, Transport } from './transport.ts';

const requestLimitMs = 30_000;
const pageLimitMs = 60_000;

/** How the API server is reached. */
export interface ConnectOptions {
  readonly kubeconfig?: string;
  readonly userAgent: string;
  /** Where the kubeconfig names no proxy. */
  readonly proxy?: EnvironmentProxy;
  /** Told of each call that was made, for metrics. Must not throw. */
  readonly onCall?: (report: CallReport) => void;
}

/**
 * The client of the API server that the kubeconfig names: `kubeconfig` (one path or several, as $KUBECONFIG has them), else the
 * Pod's own service account, else the default file. No connection is made before the first call.
 *
 * @throws TerminalError when there is no usable configuration.
 */
export function connect(options: ConnectOptions): KubeClient {
  return kubeClient(paced(new HttpTransport(options), { clock: systemClock, onCall: options.onCall }));
}

/** The client of the API server that `transport` leads to. */
export function kubeClient(transport: Transport): KubeClient {
  return new ApiServer(transport);
}

class ApiServer implements KubeClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async get<T extends KubeObject>(resource: Resource, ref: Ref, signal?: AbortSignal): Promise<T | undefined> {
    const call: Call = { verb: 'get', resource, ref };
    const path = objectPath(resource, ref);
    const answer = await this.#transport.send({ ...request(call, 'GET'), path }, signal);
    if (answer.code === 404 && !isUnservedKind(readRefusal(answer))) return undefined;
    return readObject<T>(call, accepted(call, answer));
  }

  async apply<T extends KubeObject>(resource: Resource, object: KubeObject, options: ApplyOptions): Promise<T> {
    const call: Call = { verb: 'apply', resource, ref: object.metadata };
    const { manager: fieldManager, force, subresource, signal } = options;
    const path =
      objectPath(resource, object.metadata, subresource) + query({ fieldManager, force, fieldValidation: 'Strict' });
    const contentType = 'application/apply-patch+yaml'; // JSON is YAML
    const answer = await this.#transport.send({ ...request(call, 'PATCH'), path, contentType, body: object }, signal);
    return readObject<T>(call, accepted(call, answer));
  }

  async create<T extends KubeObject>(resource: Resource, object: KubeObject, signal?: AbortSignal): Promise<T> {
    const call: Call = { verb: 'create', resource, ref: object.metadata };
    const path = parentPath(resource, object.metadata) + query({ fieldValidation: 'Strict' });
    const answer = await this.#transport.send({ ...request(call, 'POST'), path, body: object }, signal);
    return readObject<T>(call, accepted(call, answer));
  }

  async replace<T extends KubeObject>(resource: Resource, object: KubeObject, signal?: AbortSignal): Promise<T> {
    const call: Call = { verb: 'replace', resource, ref: object.metadata };
    const path = objectPath(resource, object.metadata) + query({ fieldValidation: 'Strict' });
    const answer = await this.#transport.send({ ...request(call, 'PUT'), path, body: object }, signal);
    return readObject<T>(call, accepted(call, answer));
  }

  async patch<T extends KubeObject>(resource: Resource, ref: Ref, change: object, signal?: AbortSignal): Promise<T> {
    const call: Call = { verb: 'patch', resource, ref };
    const path = objectPath(resource, ref) + query({ fieldValidation: 'Strict' });
    const contentType = 'application/merge-patch+json';
    const answer = await this.#transport.send({ ...request(call, 'PATCH'), path, contentType, body: change }, signal);
    return readObject<T>(call, accepted(call, answer));
  }

  async remove(
    resource: Resource,
    ref: Ref,
    preconditions: { uid: string; resourceVersion?: string },
    signal?: AbortSignal,
  ): Promise<void> {
    const call: Call = { verb: 'delete', resource, ref };
    const path = objectPath(resource, ref);
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy: 'Background' };
    const answer = await this.#transport.send({ ...request(call, 'DELETE'), path, body }, signal);
    if (answer.code !== 404 || isUnservedKind(readRefusal(answer))) accepted(call, answer);
  }

  async list(
    resource: Resource,
    selection: Selection,
    page: { limit: number; continue?: string },
    signal?: AbortSignal,
  ): Promise<Page> {
    const call: Call = { verb: 'list', resource };
    const path = collectionPath(resource, selection.namespace) + query({ ...selectorsOf(selection), ...page });
    const accept = acceptOf(selection, 'PartialObjectMetadataList');
    const answer = await this.#transport.send(
      { ...request(call, 'GET'), path, accept, lane: 'lists', limitMs: pageLimitMs },
      signal,
    );
    return readPage(call, accepted(call, answer), selection.metadataOnly === true);
  }

  async watch(
    resource: Resource,
    selection: Selection,
    from: { resourceVersion: string; timeoutSeconds: number },
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const call: Call = { verb: 'watch', resource };
    const path =
      collectionPath(resource, selection.namespace) +
      query({ ...selectorsOf(selection), ...from, watch: true, allowWatchBookmarks: true });
    const accept = acceptOf(selection, 'PartialObjectMetadata');
    const opened = await this.#transport.stream({ ...request(call, 'GET'), path, accept, lane: 'watches' }, signal);
    if ('bytes' in opened) return opened.bytes;
    throw refusalError(call, readRefusal(opened.answer), new Date());
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }
}

function request(call: Call, method: Request['method']): Pick<Request, 'call' | 'method' | 'lane' | 'limitMs'> {
  const lane: Lane = call.resource.plural === 'leases' ? 'lease' : 'requests';
  return { call, method, lane, limitMs: requestLimitMs };
}

function acceptOf(selection: Selection, kind: string): string {
  return selection.metadataOnly === true ? `application/json;as=${kind};v=v1;g=meta.k8s.io` : 'application/json';
}

/** The body of an answer that says yes. */
function accepted(call: Call, answer: Answer): string {
  if (answer.code >= 200 && answer.code < 300) return answer.text;
  throw refusalError(call, readRefusal(answer), new Date());
}
