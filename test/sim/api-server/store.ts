import type { Request } from '../../../src/kube/transport.ts';
import { type Kind, kindId } from './kinds.ts';
import type { StoredObject } from './objects.ts';

/** Why a revision came to be: a request, or one of the controllers that stand behind the API server. */
export type Cause = { readonly request: Request } | { readonly controller: 'garbage-collector' | 'namespace' };

/** One version of an object. Its texts are made once. */
export class Version {
  readonly kind: Kind;
  readonly object: StoredObject;
  /** Stored without the defaults that every read fills in, as a CRD's `status.default`: the next write stores them, whatever it says. */
  readonly lacksDefaults: boolean;
  #text: string | undefined;
  #metadataText: string | undefined;

  constructor(kind: Kind, object: StoredObject, lacksDefaults = false) {
    this.kind = kind;
    this.object = object;
    this.lacksDefaults = lacksDefaults;
  }

  get revision(): number {
    return Number(this.object.metadata.resourceVersion);
  }

  /** The object as JSON. */
  get text(): string {
    this.#text ??= JSON.stringify(this.object);
    return this.#text;
  }

  /** As an item of a list: built-in kinds leave `apiVersion` and `kind` out there. */
  get itemText(): string {
    if (this.kind.isCustom) return this.text;
    return `{${this.text.slice(this.text.indexOf('"metadata":'))}`;
  }

  /** As PartialObjectMetadata. */
  get metadataText(): string {
    this.#metadataText ??= `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(this.object.metadata)}}`;
    return this.#metadataText;
  }

  /** The same content under another revision: what a watch tells of an object that is gone. */
  at(revision: number): Version {
    const metadata = { ...this.object.metadata, resourceVersion: String(revision) };
    return new Version(this.kind, { ...this.object, metadata });
  }
}

/** One change of one object. */
export interface Commit {
  readonly revision: number;
  readonly kind: Kind;
  /** `namespace/name`; the namespace is empty for a cluster-wide kind. */
  readonly key: string;
  readonly before: Version | undefined;
  readonly after: Version | undefined;
  readonly cause: Cause;
}

/** What {@link Store.commit} stores. */
export interface NewCommit {
  readonly kind: Kind;
  readonly key: string;
  readonly object: StoredObject | undefined;
  readonly cause: Cause;
  readonly lacksDefaults?: boolean;
}

interface Shelf {
  readonly objects: Map<string, Version>;
  /** In the order of etcd's keys; undefined when it must be made anew. */
  sorted: readonly Version[] | undefined;
  readonly commits: Commit[];
}

/** All objects and their history, under one counter of revisions, as etcd keeps them. */
export class Store {
  readonly #shelves = new Map<string, Shelf>();
  readonly #listeners: ((commit: Commit) => void)[] = [];
  #revision = 1; // no object ever has it: an apply with resourceVersion "1" can only create
  #compacted = 1;

  get revision(): number {
    return this.#revision;
  }

  /** The oldest revision whose successors are all known. */
  get compacted(): number {
    return this.#compacted;
  }

  get(kind: Kind, key: string): Version | undefined {
    return this.#shelf(kind).objects.get(key);
  }

  /** The objects of a kind in the order of their keys, now or at an earlier revision that is not compacted. */
  list(kind: Kind, revision = this.#revision): readonly Version[] {
    const shelf = this.#shelf(kind);
    if ((shelf.commits.at(-1)?.revision ?? 0) > revision) return sortedOf(objectsAt(shelf, revision));
    shelf.sorted ??= sortedOf(shelf.objects);
    return shelf.sorted;
  }

  /** The changes of a kind after a revision, oldest first. */
  since(kind: Kind, revision: number): readonly Commit[] {
    const { commits } = this.#shelf(kind);
    return commits.slice(commits.findLastIndex((commit) => commit.revision <= revision) + 1);
  }

  /** Stores an object under the next revision, or takes it away where `object` is undefined. */
  commit({ kind, key, object, cause, lacksDefaults }: NewCommit): Version {
    this.#revision += 1;
    const shelf = this.#shelf(kind);
    const before = shelf.objects.get(key);
    const version =
      object === undefined ? undefined : new Version(kind, stamped(object, this.#revision), lacksDefaults);
    if (version === undefined) shelf.objects.delete(key);
    else shelf.objects.set(key, version);
    if (before === undefined || version === undefined) shelf.sorted = undefined;
    else if (shelf.sorted !== undefined) shelf.sorted = shelf.sorted.with(shelf.sorted.indexOf(before), version);
    const commit: Commit = { revision: this.#revision, kind, key, before, after: version, cause };
    shelf.commits.push(commit);
    for (const listener of this.#listeners) listener(commit);
    const told = version ?? before?.at(this.#revision);
    if (told === undefined) throw new Error(`${kind.resource.plural} ${key} is not there`);
    return told;
  }

  onCommit(listener: (commit: Commit) => void): void {
    this.#listeners.push(listener);
  }

  /** Forgets what was before now. */
  compact(): void {
    this.#compacted = this.#revision;
    for (const { commits } of this.#shelves.values()) commits.length = 0;
  }

  #shelf(kind: Kind): Shelf {
    const id = kindId(kind.resource);
    let shelf = this.#shelves.get(id);
    if (shelf === undefined) {
      shelf = { objects: new Map(), sorted: undefined, commits: [] };
      this.#shelves.set(id, shelf);
    }
    return shelf;
  }
}

function stamped(object: StoredObject, revision: number): StoredObject {
  const { apiVersion, kind } = object;
  const metadata = { ...object.metadata, resourceVersion: String(revision) };
  return Object.assign({ apiVersion, kind, metadata }, object, { metadata });
}

function objectsAt(shelf: Shelf, revision: number): ReadonlyMap<string, Version> {
  const objects = new Map(shelf.objects);
  for (const { revision: at, key, before } of shelf.commits.toReversed()) {
    if (at <= revision) break;
    if (before === undefined) objects.delete(key);
    else objects.set(key, before);
  }
  return objects;
}

function sortedOf(objects: ReadonlyMap<string, Version>): readonly Version[] {
  return [...objects].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, version]) => version);
}
