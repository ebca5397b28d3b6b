import { keyOf } from '../../../src/kube/objects.ts';
import { equal, type Json, type JsonObject, textOf, withField } from './json.ts';
import { type Kind, kindSubjectOf, subjectOf } from './kinds.ts';
import { checkMetadata } from './meta-checks.ts';
import { managersOf, metadataOf, type StoredObject, unmanaged, withManagers, withMeta } from './objects.ts';
import { conflict, invalid, modified } from './status.ts';
import { type Cause, type Store, Version } from './store.ts';

/** What a write is addressed to, and how it is made. */
export interface Write {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource: 'status' | undefined;
  readonly manager: string;
  readonly force: boolean;
  readonly strict: boolean;
  readonly body: JsonObject;
  readonly cause: Cause;
}

/** What came of a write: the version that is stored now, and whether the object was made by it. */
export interface Written {
  readonly version: Version;
  readonly isNew: boolean;
}

/** What a registry needs besides the store. */
export interface RegistryParts {
  readonly store: Store;
  readonly now: () => Date;
  /** The uid of a new object. */
  readonly nextUid: () => string;
  /** Throws unless objects may be made in the namespace. */
  readonly checkNamespace: (namespace: string, write: Write) => void;
}

/** Stores what a write wants, by the rules that are the same for all kinds (registry/generic/registry/store.go). */
export class Registry {
  readonly #parts: RegistryParts;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  find({ kind, namespace, name }: Write): Version | undefined {
    return this.#parts.store.get(kind, keyOf({ namespace: namespace ?? '', name }));
  }

  /**
   * Makes or changes an object. A write that changes nothing stores nothing.
   *
   * @throws Refusal when a precondition does not hold, or the object is not a valid one.
   */
  save(write: Write, before: Version | undefined, draft: JsonObject): Written {
    return before === undefined ? this.#saveNew(write, draft) : this.#saveNext(write, before, draft);
  }

  /** What would be refused of a new object. */
  checkNew(write: Write, draft: JsonObject): void {
    if (write.namespace !== undefined) this.#parts.checkNamespace(write.namespace, write);
    check(write, draft, undefined);
  }

  #saveNew(write: Write, draft: JsonObject): Written {
    const { kind, name, namespace } = write;
    const uid = metadataOf(draft)['uid'];
    if (uid !== undefined && !isCreate(write)) {
      const why = `uid mismatch: the provided object specified uid ${textOf(uid)}, and no existing object was found`;
      throw conflict(subjectOf(kind.resource, name), why);
    }
    const { resourceVersion: _, deletionTimestamp: __, selfLink: ___, ...meta } = metadataOf(draft);
    const metadata = {
      ...meta,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: this.#parts.nextUid(),
      creationTimestamp: this.time(),
      ...(kind.generationIgnores === undefined ? {} : { generation: 1 }),
    };
    const whole: JsonObject = { ...draft, metadata };
    const bare = kind.hasStatus ? withField(whole, 'status', undefined) : whole;
    this.checkNew(write, bare);
    const object = kind.prepare(bare, undefined);
    const lacksDefaults = kind.isCustom && object['status'] !== bare['status'];
    return { version: this.#commit(write, object, lacksDefaults), isNew: true };
  }

  #saveNext(write: Write, before: Version, draft: JsonObject): Written {
    const { kind } = write;
    checkVersion(write, before, draft);
    const old = before.object;
    const prepared = write.subresource === 'status' ? statusOnly(old, draft) : specOnly(kind, old, draft);
    const meta = metadataOf(prepared);
    const metadata = {
      ...meta,
      uid: meta['uid'] ?? old.metadata.uid,
      resourceVersion: old.metadata.resourceVersion,
      creationTimestamp: old.metadata.creationTimestamp,
      ...(old.metadata.deletionTimestamp === undefined ? {} : { deletionTimestamp: old.metadata.deletionTimestamp }),
      ...generationOf(kind, old, prepared),
    };
    const next = withField(prepared, 'metadata', equal(metadata, old.metadata) ? old.metadata : metadata);
    check(write, next, old);
    const timed = withOldTimes(next, old);
    if (equal(timed, old) && !before.lacksDefaults) return { version: before, isNew: false };
    const { finalizers, deletionTimestamp } = metadataOf(timed);
    const isFinished = deletionTimestamp !== undefined && (finalizers === undefined || equal(finalizers, []));
    const version = this.#commit(write, isFinished ? undefined : timed);
    return { version: isFinished ? new Version(kind, timed as StoredObject) : version, isNew: false };
  }

  #commit(write: Write, object: JsonObject | undefined, lacksDefaults = false): Version {
    const { kind, namespace, name, cause } = write;
    const key = keyOf({ namespace: namespace ?? '', name });
    return this.#parts.store.commit({ kind, key, object: object as StoredObject | undefined, cause, lacksDefaults });
  }

  /** Now, in the API's format: whole seconds. */
  time(): string {
    return `${this.#parts.now().toISOString().slice(0, 19)}Z`;
  }
}

function isCreate({ cause }: Write): boolean {
  return 'request' in cause && cause.request.method === 'POST';
}

function checkVersion({ kind, name }: Write, before: Version, draft: JsonObject): void {
  const given = metadataOf(draft)['resourceVersion'];
  if (given === undefined || given === '' || given === '0') {
    if (kind.updatesUnconditionally) return;
    const { group, plural } = kind.resource;
    const cause = {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: 0: must be specified for an update',
      field: 'metadata.resourceVersion',
    };
    throw invalid({ group, kind: plural, name }, [cause]);
  }
  if (given !== before.object.metadata.resourceVersion) throw modified(subjectOf(kind.resource, name));
}

function check({ kind, name }: Write, object: JsonObject, before: JsonObject | undefined): void {
  const causes = [...checkMetadata(object, before), ...kind.check(object, before)];
  if (causes.length > 0) throw invalid(kindSubjectOf(kind.resource, name), causes);
}

/** Through the status endpoint nothing but the status changes, and who owns what. */
function statusOnly(old: StoredObject, draft: JsonObject): JsonObject {
  const kept = withMeta(old, 'managedFields', metadataOf(draft)['managedFields']);
  return withField(kept, 'status', draft['status']);
}

/** Through the main endpoint the status stays as it is. */
function specOnly(kind: Kind, old: StoredObject, draft: JsonObject): JsonObject {
  return kind.hasStatus ? withField(draft, 'status', old['status']) : draft;
}

function generationOf(kind: Kind, old: StoredObject, next: JsonObject): JsonObject {
  const { generationIgnores: ignored } = kind;
  if (ignored === undefined) return {};
  const fields = new Set([...Object.keys(old), ...Object.keys(next)]);
  const isChanged = [...fields].some((field) => !ignored.includes(field) && !equal(old[field], next[field]));
  return { generation: (old.metadata.generation ?? 0) + Number(isChanged) };
}

/** An object whose managers differ in their times alone has not changed. */
function withOldTimes(next: JsonObject, old: StoredObject): JsonObject {
  const managers = managersOf(next);
  const before = managersOf(old);
  if (managers.length === 0 || managers.length !== before.length) return next;
  const timed = managers.map((entry, index) => ({ ...entry, time: before[index]?.time }));
  return equal(timed, before as unknown as Json) && equal(unmanaged(next), unmanaged(old))
    ? withManagers(next, before)
    : next;
}
