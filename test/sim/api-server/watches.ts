import { type Kind, kindId, typeMetaOf } from './kinds.ts';
import type { Selector } from './selectors.ts';
import { tooOld } from './status.ts';
import type { Commit, Store, Version } from './store.ts';

/** Where the lines of a watch go, each one WatchEvent without its newline. */
export interface Sink {
  line(text: string): void;
  /** The server ends the watch; nothing follows. */
  end(): void;
}

/** What a watch covers. */
export interface WatchOptions {
  readonly kind: Kind;
  readonly selector: Selector;
  readonly metadataOnly: boolean;
  readonly bookmarks: boolean;
  /** Where it begins; undefined begins with all objects there are. */
  readonly from: number | undefined;
}

interface Watch extends WatchOptions {
  readonly sink: Sink;
}

/** The open watches. Each is told of every commit before {@link Store.commit} returns. */
export class Watches {
  readonly #store: Store;
  readonly #open = new Map<string, Set<Watch>>();

  constructor(store: Store) {
    this.#store = store;
    store.onCommit((commit) => {
      for (const watch of this.#of(commit.kind)) tell(watch, commit);
    });
  }

  /** Opens a watch, tells what it has missed, and returns how to close it. One that begins too early is told so and ends. */
  open(options: WatchOptions, sink: Sink): () => void {
    const { kind, from } = options;
    const watch: Watch = { ...options, sink };
    if (from === undefined) {
      for (const version of this.#store.list(kind)) if (options.selector(version.object)) say(watch, 'ADDED', version);
    } else if (from < this.#store.compacted) {
      sink.line(`{"type":"ERROR","object":${JSON.stringify(tooOld(from, this.#store.compacted).status())}}`);
      sink.end();
      return () => undefined;
    } else {
      for (const commit of this.#store.since(kind, from)) tell(watch, commit);
    }
    this.#of(kind).add(watch);
    return () => this.#of(kind).delete(watch);
  }

  /** Tells every watch that asked for bookmarks that it has seen all until now. */
  bookmark(): void {
    for (const watches of this.#open.values()) {
      for (const { kind, bookmarks, metadataOnly, sink } of watches) {
        if (!bookmarks) continue;
        const type = metadataOnly ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' } : typeMetaOf(kind);
        const object = { ...type, metadata: { resourceVersion: String(this.#store.revision) } };
        sink.line(`{"type":"BOOKMARK","object":${JSON.stringify(object)}}`);
      }
    }
  }

  #of(kind: Kind): Set<Watch> {
    const id = kindId(kind.resource);
    let watches = this.#open.get(id);
    if (watches === undefined) {
      watches = new Set();
      this.#open.set(id, watches);
    }
    return watches;
  }
}

/** An object that begins to match is added, one that ceases to is deleted, as it was when it last matched. */
function tell(watch: Watch, { before, after, revision }: Commit): void {
  const was = before !== undefined && watch.selector(before.object) ? before : undefined;
  const is = after !== undefined && watch.selector(after.object) ? after : undefined;
  if (is !== undefined) say(watch, was === undefined ? 'ADDED' : 'MODIFIED', is);
  else if (was !== undefined) say(watch, 'DELETED', was.at(revision));
}

function say({ sink, metadataOnly }: Watch, type: string, version: Version): void {
  sink.line(`{"type":"${type}","object":${metadataOnly ? version.metadataText : version.text}}`);
}
