import { keyOf } from '../../../src/kube/objects.ts';
import { equal, isObject, type Json, type JsonObject, objectOf, textOf, withField } from './json.ts';
import { type Kind, kindSubjectOf, subjectOf, typeMetaOf } from './kinds.ts';
import { checkMetadata } from './meta-checks.ts';
import { managersOf, metadataOf, type StoredObject, withManagers, withMeta } from './objects.ts';
import { applyFields, type ManagedFields, updateFields, type Writer } from './ownership.ts';
import { alreadyExists, badRequest, conflict, invalid, modified, notFound, Refusal } from './status.ts';
import type { Cause, Store, Version } from './store.ts';
import { pruned, typeErrors, unknownFields } from './typed-check.ts';

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

/** What writes need besides the store. */
export interface WriteParts {
  readonly store: Store;
  readonly now: () => Date;
  /** The uid of a new object. */
  readonly nextUid: () => string;
  /** Throws unless objects may be made in the namespace. */
  readonly checkNamespace: (namespace: string, write: Write) => void;
}

/** Creates, replaces and applies, by the rules of the generic registry (registry/generic/registry/store.go). */
export class Writes {
  readonly #parts: WriteParts;

  constructor(parts: WriteParts) {
    this.#parts = parts;
  }

  /** Server-side apply (PATCH with application/apply-patch+yaml). */
  apply(write: Write): Written {
    const { kind, body, force } = write;
    this.#checkType(write);
    if (metadataOf(body)['managedFields'] !== undefined) throw badRequest('metadata.managedFields must be nil');
    const before = this.#find(write);
    if (before === undefined && write.subresource !== undefined) throw notFound(subjectOf(kind.resource, write.name));
    const errors = typeErrors(kind.schema, body);
    if (errors.length > 0) throw new Refusal(500, undefined, untyped(body, errors));

    const live = before?.object ?? typeMetaOf(kind);
    const managed = { object: unmanaged(live), managers: this.#managersOf(before, write) };
    const writer = this.#writer(write, 'Apply');
    const { object, managers, isSame } = applyFields(kind.schema, managed, body, { ...writer, force });
    const draft = isSame ? object : kind.prepare(object, before?.object);
    return this.#save(write, before, withManagers(draft, managers));
  }

  /** POST. */
  create(write: Write): Written {
    this.#checkType(write);
    const draft = this.#decoded(write);
    if (metadataOf(draft)['resourceVersion'] !== undefined) {
      throw new Refusal(500, undefined, 'resourceVersion should not be set on objects to be created');
    }
    if (this.#find(write) !== undefined) {
      this.#admit(write);
      this.#check(write, draft, undefined);
      throw alreadyExists(subjectOf(write.kind.resource, write.name));
    }
    const live = { object: typeMetaOf(write.kind), managers: [] };
    const { object, managers } = updateFields(write.kind.schema, live, draft, this.#writer(write, 'Update'));
    return this.#save(write, undefined, withManagers(object, managers));
  }

  /** PUT. */
  replace(write: Write): Written {
    const { kind, name } = write;
    this.#checkType(write);
    const draft = this.#decoded(write);
    const before = this.#find(write);
    const subject = subjectOf(kind.resource, name);
    if (before === undefined && (write.subresource !== undefined || !kind.createsOnUpdate)) throw notFound(subject);
    const uid = metadataOf(draft)['uid'];
    if (before !== undefined && uid !== undefined && uid !== before.object.metadata.uid) {
      throw conflict(subject, mismatch(write, before, textOf(uid)));
    }
    const given = managersOf(draft);
    const managers = given.length > 0 && write.subresource === undefined ? given : managersOf(before?.object ?? {});
    const live = { object: unmanaged(before?.object ?? typeMetaOf(kind)), managers };
    const next = updateFields(kind.schema, live, unmanaged(draft), this.#writer(write, 'Update'));
    const isReset = isResetOf(metadataOf(draft)['managedFields']);
    return this.#save(write, before, withManagers(next.object, isReset ? [] : next.managers));
  }

  #find({ kind, namespace, name }: Write): Version | undefined {
    return this.#parts.store.get(kind, keyOf({ namespace: namespace ?? '', name }));
  }

  #writer({ kind, manager, subresource }: Write, operation: 'Apply' | 'Update'): Writer {
    const ofMain = kind.hasStatus ? [['f:status']] : [];
    const resets = subresource === undefined ? ofMain : kind.statusResets;
    return { manager, operation, apiVersion: typeMetaOf(kind).apiVersion, subresource, resets, time: this.#time() };
  }

  /** An object that nobody manages yet belongs to `before-first-apply` when it is first applied. */
  #managersOf(before: Version | undefined, write: Write): readonly ManagedFields[] {
    const managers = before === undefined ? [] : managersOf(before.object);
    if (before === undefined || managers.length > 0) return managers;
    const { kind } = write;
    const writer: Writer = { ...this.#writer(write, 'Update'), manager: 'before-first-apply' };
    return updateFields(kind.schema, { object: typeMetaOf(kind), managers }, unmanaged(before.object), writer).managers;
  }

  #checkType({ kind, body, name, namespace }: Write): void {
    if (body['kind'] !== kind.resource.kind || body['apiVersion'] !== typeMetaOf(kind).apiVersion) {
      throw badRequest(`invalid object type: ${typeText(body)}`);
    }
    const meta = metadataOf(body);
    if (meta['namespace'] !== undefined && meta['namespace'] !== namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
    if (meta['name'] !== undefined && meta['name'] !== name) {
      throw badRequest(`the name of the object (${textOf(meta['name'])}) does not match the name on the URL (${name})`);
    }
  }

  /** The body of a POST or a PUT as an object of the kind. */
  #decoded({ kind, body, strict, namespace }: Write): JsonObject {
    const unknown = unknownFields(kind.schema, body);
    if (strict && unknown.length > 0) {
      const { version, kind: name } = kind.resource;
      const why = `strict decoding error: ${unknown.join(', ')}`;
      throw badRequest(`${name} in version ${JSON.stringify(version)} cannot be handled as a ${name}: ${why}`);
    }
    const known = unknown.length > 0 ? (pruned(kind.schema, body) as JsonObject) : body;
    return kind.prepare(withMeta(known, 'namespace', namespace), undefined);
  }

  #save(write: Write, before: Version | undefined, draft: JsonObject): Written {
    return before === undefined ? this.#saveNew(write, draft) : this.#saveNext(write, before, draft);
  }

  #saveNew(write: Write, draft: JsonObject): Written {
    const { kind, name, namespace } = write;
    const uid = metadataOf(draft)['uid'];
    if (uid !== undefined && write.cause !== undefined && isApply(write)) {
      const why = `uid mismatch: the provided object specified uid ${textOf(uid)}, and no existing object was found`;
      throw conflict(subjectOf(kind.resource, name), why);
    }
    this.#admit(write);
    const { resourceVersion: _, deletionTimestamp: __, selfLink: ___, ...meta } = metadataOf(draft);
    const metadata = {
      ...meta,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: this.#parts.nextUid(),
      creationTimestamp: this.#time(),
      ...(kind.generationIgnores === undefined ? {} : { generation: 1 }),
    };
    const whole: JsonObject = { ...draft, metadata };
    const bare = kind.hasStatus ? withField(whole, 'status', undefined) : whole;
    this.#check(write, bare, undefined);
    const object = kind.prepare(bare, undefined);
    const lacksDefaults = kind.isCustom && object['status'] !== bare['status'];
    return { version: this.#commit(write, object, lacksDefaults), isNew: true };
  }

  #saveNext(write: Write, before: Version, draft: JsonObject): Written {
    const { kind } = write;
    this.#checkVersion(write, before, draft);
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
    this.#check(write, next, old);
    const timed = withOldTimes(next, old);
    if (equal(timed, old) && !before.lacksDefaults) return { version: before, isNew: false };
    const { finalizers, deletionTimestamp } = metadataOf(timed);
    const isFinished = deletionTimestamp !== undefined && (finalizers === undefined || equal(finalizers, []));
    return { version: this.#commit(write, isFinished ? undefined : timed), isNew: false };
  }

  #checkVersion({ kind, name }: Write, before: Version, draft: JsonObject): void {
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

  #admit(write: Write): void {
    if (write.namespace !== undefined) this.#parts.checkNamespace(write.namespace, write);
  }

  #check({ kind, name }: Write, object: JsonObject, before: JsonObject | undefined): void {
    const causes = [...checkMetadata(object, before), ...kind.check(object, before)];
    if (causes.length > 0) throw invalid(kindSubjectOf(kind.resource, name), causes);
  }

  #commit(write: Write, object: JsonObject | undefined, lacksDefaults = false): Version {
    const { kind, namespace, name, cause } = write;
    const key = keyOf({ namespace: namespace ?? '', name });
    return this.#parts.store.commit({ kind, key, object: object as StoredObject | undefined, cause, lacksDefaults });
  }

  /** Now, in the API's format: whole seconds. */
  #time(): string {
    return `${this.#parts.now().toISOString().slice(0, 19)}Z`;
  }
}

function isApply({ cause }: Write): boolean {
  return 'request' in cause && cause.request.method === 'PATCH';
}

/** `group/version, Kind=kind`, as Go writes it. */
function typeText({ apiVersion, kind }: JsonObject): string {
  const version = textOf(apiVersion);
  return `${version.includes('/') ? version : `/${version}`}, Kind=${textOf(kind)}`;
}

function untyped(body: JsonObject, errors: readonly string[]): string {
  const { namespace, name } = metadataOf(body);
  const [first = ''] = errors;
  const said = errors.length === 1 ? first : `errors:\n${errors.map((each) => `  ${each}`).join('\n')}`;
  return `failed to create typed patch object (${textOf(namespace)}/${textOf(name)}; ${typeText(body)}): ${said}`;
}

/** The object without its managers, which are told apart. */
function unmanaged(object: JsonObject): JsonObject {
  return isObject(object['metadata']) ? withMeta(object, 'managedFields', undefined) : object;
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

function isResetOf(managers: Json | undefined): boolean {
  if (!Array.isArray(managers)) return false;
  return managers.length === 0 || (managers.length === 1 && Object.keys(objectOf(managers[0] as Json)).length === 0);
}

/** As the storage says it, with the key in etcd. */
function mismatch({ kind, namespace, name }: Write, before: Version, uid: string): string {
  const { group, plural } = kind.resource;
  const key = [
    '',
    'registry',
    ...(kind.isCustom ? [group] : []),
    plural,
    ...(namespace === undefined ? [] : [namespace]),
    name,
  ];
  const error = `StorageError: invalid object, Code: 4, Key: ${key.join('/')}, ResourceVersion: 0, AdditionalErrorMsg: `;
  return `${error}Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.object.metadata.uid}`;
}
