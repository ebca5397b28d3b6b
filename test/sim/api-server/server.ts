import type { Resource } from '../../../src/kube/index.ts';
import { keyOf } from '../../../src/kube/objects.ts';
import type { Answer, Request } from '../../../src/kube/transport.ts';
import { type DeleteOptions, Deletes } from './deletes.ts';
import { isObject, type JsonObject, objectOf, textOf } from './json.ts';
import { type Kind, subjectOf } from './kinds.ts';
import { asksForMetadata, listText, selectorOfRoute } from './lists.ts';
import { metadataOf, type StoredObject } from './objects.ts';
import type { Write, Written } from './registry.ts';
import { type Route, Routes } from './routes.ts';
import { badRequest, notFound, notServed, Refusal } from './status.ts';
import { type Cause, Store, type Version } from './store.ts';
import { type Sink, Watches } from './watches.ts';
import { Writes } from './writes.ts';

/** What an API server is made of. */
export interface SimApiServerParts {
  /** Tells the times in objects; nothing else happens by time. */
  readonly clock: { now(): Date };
  /** The kinds that are served. */
  readonly kinds: readonly Kind[];
}

/** A change, for oracles. The objects are never changed later. */
export interface Change {
  readonly revision: number;
  readonly resource: Resource;
  readonly before: StoredObject | undefined;
  readonly after: StoredObject | undefined;
  readonly cause: Cause;
}

/**
 * A kube-apiserver with etcd and the garbage collector behind it, in memory: it carries out each request at once, waits for
 * nothing and draws no random numbers, so that the same requests always have the same answers. The conformance suite holds it
 * to the real one.
 */
export class SimApiServer {
  readonly #store = new Store();
  readonly #routes = new Routes();
  readonly #writes: Writes;
  readonly #deletes: Deletes;
  readonly #watches: Watches;
  #objects = 0;

  constructor({ clock, kinds }: SimApiServerParts) {
    const now = (): Date => clock.now();
    for (const kind of kinds) this.serve(kind);
    this.#watches = new Watches(this.#store);
    this.#deletes = new Deletes({ store: this.#store, kinds: () => [...this.#routes.kinds], now });
    this.#writes = new Writes({
      store: this.#store,
      now,
      nextUid: () => this.#nextUid(),
      checkNamespace: (namespace, write) => this.#deletes.checkNamespace(namespace, write),
    });
  }

  /** Serves one more kind from now on, as after its CRD was installed. */
  serve(kind: Kind): void {
    this.#routes.add(kind);
  }

  /** The newest revision. */
  get revision(): number {
    return this.#store.revision;
  }

  /** Carries out a request, unless it is a watch, and answers it. */
  answer(request: Request): Answer {
    return this.#guarded(() => {
      const route = this.#routeOf(request);
      if (isWatch(route)) throw new Error(`${request.path} is a watch`);
      return this.#carryOut(request, route);
    });
  }

  /**
   * Opens a watch: lines go to `sink`, from within this call those it has missed, later each within the {@link answer} that made
   * it. It never ends by time, whatever `timeoutSeconds` says: whoever carries it ends it.
   */
  watch(request: Request, sink: Sink): { readonly answer: Answer } | { close(): void } {
    let close: (() => void) | undefined;
    const answer = this.#guarded(() => {
      const route = this.#routeOf(request);
      close = this.#watches.open(
        {
          kind: route.kind,
          selector: selectorOfRoute(route),
          metadataOnly: asksForMetadata(request.accept),
          bookmarks: route.query.get('allowWatchBookmarks') === 'true',
          from: startOf(route),
        },
        sink,
      );
      return ok('');
    });
    return close === undefined ? { answer } : { close };
  }

  /** Forgets all history: a watch or a continue token of an older revision is answered 410. */
  compact(): void {
    this.#store.compact();
  }

  /** Sends a bookmark to every watch that asked for them. */
  bookmark(): void {
    this.#watches.bookmark();
  }

  /** Lets the garbage collector and the namespace controller work until they have nothing left to do. */
  collectGarbage(): void {
    this.#deletes.collectGarbage();
  }

  /** Tells every change when it has happened, in the order of revisions. */
  onCommit(listener: (change: Change) => void): void {
    this.#store.onCommit(({ revision, kind, before, after, cause }) =>
      listener({ revision, resource: kind.resource, before: before?.object, after: after?.object, cause }),
    );
  }

  #carryOut(request: Request, route: Route): Answer {
    switch (request.method) {
      case 'GET':
        return this.#read(request, route);
      case 'POST':
        return written(this.#writes.create(this.#write(request, route)));
      case 'PUT':
        return written(this.#writes.replace(this.#write(request, route)));
      case 'PATCH':
        return this.#patch(request, route);
      case 'DELETE':
        return this.#delete(request, route);
    }
  }

  #patch(request: Request, route: Route): Answer {
    const { contentType } = request;
    if (contentType === 'application/merge-patch+json') return written(this.#writes.patch(this.#write(request, route)));
    if (contentType !== 'application/apply-patch+yaml') throw unsupported(route.kind);
    if ((route.query.get('fieldManager') ?? '') === '') throw managerMissing();
    return written(this.#writes.apply(this.#write(request, route)));
  }

  #read(request: Request, route: Route): Answer {
    const { kind, namespace, name } = route;
    const metadataOnly = asksForMetadata(request.accept);
    if (name === undefined) return ok(listText(this.#store, route, metadataOnly));
    const found = this.#store.get(kind, keyOf({ namespace: namespace ?? '', name }));
    const isStatus = route.subresource === undefined || route.subresource === 'status';
    if (found === undefined || !isStatus) throw notFound(subjectOf(kind.resource, name));
    return ok(metadataOnly ? found.metadataText : found.text);
  }

  #write(request: Request, route: Route): Write {
    const { kind, namespace, query } = route;
    const body = bodyOf(request);
    const name = route.name ?? textOf(metadataOf(body)['name']);
    return {
      kind,
      namespace: kind.resource.namespaced ? namespace : undefined,
      name,
      subresource: route.subresource === undefined ? undefined : 'status',
      manager: query.get('fieldManager') ?? 'unknown',
      force: query.get('force') === 'true',
      strict: query.get('fieldValidation') === 'Strict',
      body,
      cause: { request },
    };
  }

  #delete(request: Request, { kind, namespace, name }: Route): Answer {
    if (name === undefined)
      throw new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {
        details: {},
      });
    const options = deleteOptionsOf(objectOf(request.body === undefined ? undefined : bodyOf(request)));
    const { version, isGone } = this.#deletes.delete({ kind, namespace, name, options, cause: { request } });
    return ok(isGone && kind.resource.plural !== 'pods' ? deleted(version) : version.text);
  }

  #routeOf({ path }: Request): Route {
    const route = this.#routes.find(path);
    if (route === 'unknown-group') throw new PlainRefusal();
    if (route === 'unknown-kind') throw notServed();
    return route;
  }

  #guarded(act: () => Answer): Answer {
    try {
      return act();
    } catch (error) {
      if (error instanceof PlainRefusal) return { code: 404, retryAfter: undefined, text: '404 page not found\n' };
      if (!(error instanceof Refusal)) throw error;
      return { code: error.code, retryAfter: undefined, text: JSON.stringify(error.status()) };
    }
  }

  #nextUid(): string {
    this.#objects += 1;
    return `00000000-0000-4000-8000-${this.#objects.toString(16).padStart(12, '0')}`;
  }
}

/** Nothing is served below that group and version: not even a Status says so. */
class PlainRefusal extends Error {}

function ok(text: string, code = 200): Answer {
  return { code, retryAfter: undefined, text };
}

function written({ version, isNew }: Written): Answer {
  return ok(version.text, isNew ? 201 : 200);
}

function deleted({ kind, object }: Version): string {
  const { group, plural } = kind.resource;
  const { name, uid } = object.metadata;
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group === '' ? {} : { group }), kind: plural, uid },
  });
}

function isWatch({ query }: Route): boolean {
  const watch = query.get('watch');
  return watch === 'true' || watch === '1';
}

/** Where a watch begins; undefined for all that is there now. */
function startOf({ query }: Route): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '' || text === '0') return undefined;
  const revision = Number(text);
  if (!Number.isSafeInteger(revision) || revision < 0) {
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return revision;
}

/** The body as the server reads it: what JSON does not carry is not there, and the sender's object is left alone. */
function bodyOf({ body }: Request): JsonObject {
  const read: unknown = body === undefined ? undefined : JSON.parse(JSON.stringify(body));
  if (!isObject(read)) throw badRequest('the body of the request is not an object');
  return read;
}

function deleteOptionsOf(body: JsonObject): DeleteOptions {
  const preconditions = objectOf(body['preconditions']);
  const { uid, resourceVersion } = preconditions;
  const { propagationPolicy, gracePeriodSeconds } = body;
  return {
    uid: typeof uid === 'string' ? uid : undefined,
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : undefined,
    propagationPolicy: typeof propagationPolicy === 'string' ? propagationPolicy : undefined,
    gracePeriodSeconds: typeof gracePeriodSeconds === 'number' ? gracePeriodSeconds : undefined,
  };
}

function managerMissing(): Refusal {
  const why = 'Required value: is required for apply patch';
  const causes = [{ reason: 'FieldValueRequired', message: why, field: 'fieldManager' }];
  const message = `PatchOptions.meta.k8s.io "" is invalid: fieldManager: ${why}`;
  return new Refusal(422, 'Invalid', message, { details: { group: 'meta.k8s.io', kind: 'PatchOptions', causes } });
}

function unsupported({ isCustom }: Kind): Refusal {
  const types = ['json-patch+json', 'merge-patch+json', ...(isCustom ? [] : ['strategic-merge-patch+json'])];
  const accepted = [...types, 'apply-patch+yaml'].map((type) => `application/${type}`).join(', ');
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
  return new Refusal(415, 'UnsupportedMediaType', message);
}
