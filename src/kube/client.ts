import type { KubeObject, Ref, Resource } from './objects.ts';

/** How an apply is made. */
export interface ApplyOptions {
  /** The field manager, which owns what the applied object says. */
  readonly manager: string;
  /** Take over fields that another manager owns with another value; without it that is a ConflictError. */
  readonly force?: boolean;
  readonly subresource?: 'status';
  readonly signal?: AbortSignal;
}

/** Which objects a list or a watch covers. */
export interface Selection {
  /** All namespaces without one. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Ask for metadata alone (PartialObjectMetadata). */
  readonly metadataOnly?: boolean;
}

/** One page of a list. */
export interface Page {
  /** With `apiVersion` and `kind` set, which the API server leaves out in lists. To be read once: each is parsed then. */
  readonly items: Iterable<KubeObject>;
  /** That of the whole list, the same on each of its pages: a watch from here misses nothing. */
  readonly resourceVersion: string;
  /** Asks for the next page; absent on the last. */
  readonly continue?: string;
}

/**
 * What the program does with an API server. Every call has a time limit of its own and ends when its signal is aborted (with
 * the signal's reason); no call is repeated by the client.
 *
 * @throws ConflictError for 409, for 404 on a write, and for a changed uid; TransientError for no answer, 401, 403, 408,
 *   429, 5xx and an answer that makes no sense; TerminalError for every other 4xx.
 */
export interface KubeClient {
  /** The object, or undefined when there is none of that name. */
  get<T extends KubeObject>(resource: Resource, ref: Ref, signal?: AbortSignal): Promise<T | undefined>;
  /**
   * Server-side apply, with strict field validation. Preconditions travel in `object.metadata`: `resourceVersion`, and `uid` on
   * main resources (the API server accepts a wrong uid on `status`).
   */
  apply<T extends KubeObject>(resource: Resource, object: KubeObject, options: ApplyOptions): Promise<T>;
  /** POST: for Events and the Lease alone. What is applied later must be made by an apply ({@link createOnly}). */
  create<T extends KubeObject>(resource: Resource, object: KubeObject, signal?: AbortSignal): Promise<T>;
  /** PUT: for the Lease alone. */
  replace<T extends KubeObject>(resource: Resource, object: KubeObject, signal?: AbortSignal): Promise<T>;
  /**
   * JSON merge patch (RFC 7396): for the series of an Event, and for what an apply cannot take away. Preconditions travel in
   * `change.metadata`, as with an apply.
   */
  patch<T extends KubeObject>(resource: Resource, ref: Ref, change: object, signal?: AbortSignal): Promise<T>;
  /** Deletes that very object, its dependents in the background. Absent already is fine; another uid is a ConflictError. */
  remove(
    resource: Resource,
    ref: Ref,
    preconditions: { uid: string; resourceVersion?: string },
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * One page of a list, read from the newest state. For {@link listWatch}.
   *
   * @throws ExpiredError when `continue` is too old.
   */
  list(
    resource: Resource,
    selection: Selection,
    page: { limit: number; continue?: string },
    signal?: AbortSignal,
  ): Promise<Page>;
  /**
   * Opens a watch with bookmarks: the bytes as they come, newline-separated WatchEvents. Resolves when the API server has
   * accepted it; the stream ends when the server closes it. It has no time limit but `timeoutSeconds`. For {@link listWatch}.
   *
   * @throws ExpiredError when `resourceVersion` is too old.
   */
  watch(
    resource: Resource,
    selection: Selection,
    from: { resourceVersion: string; timeoutSeconds: number },
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Ends running calls and closes all connections. */
  close(): Promise<void>;
}
