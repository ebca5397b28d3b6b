import { keyOf } from '../../../src/kube/objects.ts';
import { at, type JsonObject, listOf, objectOf, textOf, withField } from './json.ts';
import { type Kind, kindId, kindSubjectOf, subjectOf } from './kinds.ts';
import { ownersOf, type StoredObject, withMeta } from './objects.ts';
import { conflict, notFound, Refusal } from './status.ts';
import type { Cause, Store, Version } from './store.ts';

/** `DeleteOptions`, as far as they are looked at. */
export interface DeleteOptions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly gracePeriodSeconds?: number | undefined;
}

/** What is deleted. */
export interface Deletion {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly options: DeleteOptions;
  readonly cause: Cause;
}

/** Finalizers that stand for a way in which dependents are dealt with; the garbage collector takes them off. */
const finalizerOf: Readonly<Record<string, string>> = { Foreground: 'foregroundDeletion', Orphan: 'orphan' };

/** Deletes objects, and what the controllers behind the API server do then: dependents and the content of namespaces go. */
export class Deletes {
  readonly #store: Store;
  readonly #kinds: () => readonly Kind[];
  readonly #now: () => Date;

  constructor(parts: { store: Store; kinds: () => readonly Kind[]; now: () => Date }) {
    this.#store = parts.store;
    this.#kinds = parts.kinds;
    this.#now = parts.now;
  }

  /** Deletes an object; gives the version it has now, if something holds it, or what was deleted. */
  delete({ kind, namespace, name, options, cause }: Deletion): { readonly version: Version; readonly isGone: boolean } {
    const key = keyOf({ namespace: namespace ?? '', name });
    const before = this.#store.get(kind, key);
    if (before === undefined) throw notFound(subjectOf(kind.resource, name));
    checkPreconditions(kind, before.object, options);
    const held = this.#held(kind, before.object, options);
    if (held === before.object) return { version: before, isGone: false };
    const version = this.#store.commit({ kind, key, object: held, cause });
    return { version, isGone: held === undefined };
  }

  /**
   * Refuses what is made in a namespace that is not there, or is being deleted.
   *
   * @throws Refusal 404 or 403.
   */
  checkNamespace(namespace: string, { kind, name }: { readonly kind: Kind; readonly name: string }): void {
    const namespaces = this.#kinds().find(isNamespace);
    if (namespaces === undefined) return;
    const found = this.#store.get(namespaces, namespace);
    if (found === undefined) throw notFound(subjectOf(namespaces.resource, namespace));
    if (found.object.metadata.deletionTimestamp === undefined) return;
    const { group, kind: plural } = subjectOf(kind.resource, name);
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const causes = [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ];
    const subject = `${plural}${group === '' ? '' : `.${group}`} ${JSON.stringify(name)}`;
    const details = { name, ...(group === '' ? {} : { group }), kind: plural, causes };
    throw new Refusal(403, 'Forbidden', `${subject} is forbidden: ${why}`, { details });
  }

  /**
   * Lets the garbage collector and the namespace controller work until nothing is left to do: objects whose owners are all
   * gone go, references to owners that are gone are dropped where another owner stays, and namespaces are emptied.
   */
  collectGarbage(): void {
    while (this.#collectOnce()) continue;
  }

  #collectOnce(): boolean {
    let isChanged = false;
    const uids = new Set<string>();
    for (const kind of this.#kinds()) for (const { object } of this.#store.list(kind)) uids.add(object.metadata.uid);
    for (const kind of this.#kinds()) {
      for (const version of this.#store.list(kind)) {
        if (this.#collect(kind, version, uids) || this.#empty(kind, version)) isChanged = true;
      }
    }
    return isChanged;
  }

  #collect(kind: Kind, version: Version, uids: ReadonlySet<string>): boolean {
    const { object } = version;
    const owners = ownersOf(object);
    const living = owners.filter(({ uid }) => uids.has(uid));
    if (owners.length > 0 && living.length === 0) return this.#deleteFor(kind, object, 'garbage-collector');
    if (living.length < owners.length) {
      const left = listOf(object.metadata['ownerReferences']).filter((owner) =>
        uids.has(textOf(objectOf(owner)['uid'])),
      );
      this.#collected(kind, object, withMeta(object, 'ownerReferences', left) as StoredObject);
      return true;
    }
    return this.#settleDependents(kind, object);
  }

  /** An owner that waits for its dependents goes after them; one that orphans them is taken off them first. */
  #settleDependents(kind: Kind, object: StoredObject): boolean {
    const { finalizers = [], deletionTimestamp, uid } = object.metadata;
    const waits = finalizers.find((name) => Object.values(finalizerOf).includes(name));
    if (deletionTimestamp === undefined || waits === undefined) return false;
    for (const each of this.#kinds()) {
      for (const { object: other } of this.#store.list(each)) {
        const owners = ownersOf(other);
        if (!owners.some((owner) => owner.uid === uid)) continue;
        if (waits === finalizerOf['Foreground']) return this.#deleteFor(each, other, 'garbage-collector');
        const left = listOf(other.metadata['ownerReferences']).filter((owner) => objectOf(owner)['uid'] !== uid);
        const orphan = withMeta(other, 'ownerReferences', left.length === 0 ? undefined : left) as StoredObject;
        this.#collected(each, other, orphan);
        return true;
      }
    }
    const left = finalizers.filter((name) => name !== waits);
    const after = left.length === 0 ? undefined : (withMeta(object, 'finalizers', left) as StoredObject);
    this.#collected(kind, object, after);
    return true;
  }

  /** Deletes one object of a namespace that is being deleted, or the namespace when it is empty. */
  #empty(kind: Kind, version: Version): boolean {
    const { name, deletionTimestamp } = version.object.metadata;
    if (!isNamespace(kind) || deletionTimestamp === undefined) return false;
    let isEmpty = true;
    for (const each of this.#kinds()) {
      for (const { object } of this.#store.list(each)) {
        if (object.metadata.namespace !== name) continue;
        isEmpty = false;
        if (this.#deleteFor(each, object, 'namespace')) return true;
      }
    }
    if (isEmpty) {
      const key = keyOf({ namespace: '', name });
      this.#store.commit({ kind, key, object: undefined, cause: { controller: 'namespace' } });
    }
    return isEmpty;
  }

  #collected(kind: Kind, { metadata }: StoredObject, object: StoredObject | undefined): void {
    const key = keyOf({ namespace: metadata.namespace ?? '', name: metadata.name });
    this.#store.commit({ kind, key, object, cause: { controller: 'garbage-collector' } });
  }

  #deleteFor(kind: Kind, object: StoredObject, controller: 'garbage-collector' | 'namespace'): boolean {
    const { namespace, name, resourceVersion } = object.metadata;
    const { version } = this.delete({
      kind,
      namespace,
      name,
      options: { uid: object.metadata.uid },
      cause: { controller },
    });
    return version.object.metadata.resourceVersion !== resourceVersion;
  }

  /** The object as it waits for its finalizers, its grace period or the end of its content; undefined when it just goes. */
  #held(kind: Kind, object: StoredObject, options: DeleteOptions): StoredObject | undefined {
    const added = finalizerOf[options.propagationPolicy ?? ''];
    const finalizers = [...new Set([...(object.metadata.finalizers ?? []), ...(added === undefined ? [] : [added])])];
    const graceSeconds = graceOf(kind, object, options);
    if (finalizers.length === 0 && graceSeconds === 0 && !isNamespace(kind)) return undefined;
    if (object.metadata.deletionTimestamp !== undefined) return object;
    const ends = new Date(this.#now().getTime() + graceSeconds * 1000).toISOString();
    const { generation } = object.metadata;
    const metadata = {
      ...object.metadata,
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ...(generation === undefined ? {} : { generation: generation + 1 }),
      deletionTimestamp: `${ends.slice(0, 19)}Z`,
      ...(isNamespace(kind) ? {} : { deletionGracePeriodSeconds: graceSeconds }),
    };
    const held = { ...object, metadata };
    return isNamespace(kind) ? (terminating(held) as StoredObject) : held;
  }
}

function isNamespace({ resource }: Kind): boolean {
  return kindId(resource) === '/namespaces';
}

function terminating(namespace: JsonObject): JsonObject {
  return withField(namespace, 'status', withField(objectOf(namespace['status']), 'phase', 'Terminating'));
}

/** A pod on a node is given time to end; any other object is not. */
function graceOf(kind: Kind, object: StoredObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (kindId(kind.resource) !== '/pods' || at(object, ['spec', 'nodeName']) === undefined) return 0;
  const phase = at(object, ['status', 'phase']);
  if (phase === 'Succeeded' || phase === 'Failed') return 0;
  return gracePeriodSeconds ?? Number(at(object, ['spec', 'terminationGracePeriodSeconds']) ?? 30);
}

function checkPreconditions(kind: Kind, { metadata }: StoredObject, { uid, resourceVersion }: DeleteOptions): void {
  const subject = kindSubjectOf(kind.resource, metadata.name); // by its kind, unlike any other conflict
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      subject,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion === undefined || resourceVersion === metadata.resourceVersion) return;
  throw conflict(
    subject,
    `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
  );
}
