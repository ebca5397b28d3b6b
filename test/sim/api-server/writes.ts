import { appliedBody, checkAddress, decodedBody, patchedBody } from './bodies.ts';
import { type Json, type JsonObject, objectOf, textOf } from './json.ts';
import { emptyOf, subjectOf, typeMetaOf } from './kinds.ts';
import { managersOf, metadataOf, unmanaged, withManagers } from './objects.ts';
import { applyFields, type ManagedFields, updateFields, type Writer } from './ownership.ts';
import { Registry, type RegistryParts, type Write, type Written } from './registry.ts';
import { alreadyExists, conflict, notFound, Refusal } from './status.ts';
import type { Version } from './store.ts';

/** Creates, replaces, patches and applies: each makes the object that is wanted, with who owns what, and has it stored. */
export class Writes {
  readonly #registry: Registry;

  constructor(parts: RegistryParts) {
    this.#registry = new Registry(parts);
  }

  /** Server-side apply (PATCH with application/apply-patch+yaml). */
  apply(write: Write): Written {
    const { kind, force } = write;
    checkAddress(write);
    const before = this.#registry.find(write);
    if (before === undefined && write.subresource !== undefined) throw notFound(subjectOf(kind.resource, write.name));

    const config = appliedBody(write);
    const live = before?.object ?? emptyOf(kind);
    const managed = { object: unmanaged(live), managers: this.#managersOf(before, write) };
    const writer = this.#writer(write, 'Apply');
    const { object, managers, isSame } = applyFields(kind.schema, managed, config, { ...writer, force });
    const draft = isSame ? object : kind.prepare(object, before?.object);
    return this.#registry.save(write, before, withManagers(draft, managers));
  }

  /** POST. */
  create(write: Write): Written {
    checkAddress(write);
    const draft = decodedBody(write);
    if (metadataOf(draft)['resourceVersion'] !== undefined) {
      throw new Refusal(500, undefined, 'resourceVersion should not be set on objects to be created');
    }
    if (this.#registry.find(write) !== undefined) {
      this.#registry.checkNew(write, draft);
      throw alreadyExists(subjectOf(write.kind.resource, write.name));
    }
    const live = { object: emptyOf(write.kind), managers: [] };
    const { object, managers } = updateFields(write.kind.schema, live, draft, this.#writer(write, 'Update'));
    return this.#registry.save(write, undefined, withManagers(object, managers));
  }

  /** PUT. */
  replace(write: Write): Written {
    const { kind, name } = write;
    checkAddress(write);
    const draft = decodedBody(write);
    const before = this.#registry.find(write);
    const subject = subjectOf(kind.resource, name);
    if (before === undefined && (write.subresource !== undefined || !kind.createsOnUpdate)) throw notFound(subject);
    const uid = metadataOf(draft)['uid'];
    if (before !== undefined && uid !== undefined && uid !== before.object.metadata.uid) {
      throw conflict(subject, mismatch(write, before, textOf(uid)));
    }
    return this.#update(write, before, draft);
  }

  /** PATCH with application/merge-patch+json. */
  patch(write: Write): Written {
    const { kind, name } = write;
    const before = this.#registry.find(write);
    if (before === undefined) throw notFound(subjectOf(kind.resource, name));
    return this.#update(write, before, patchedBody(write, before.object));
  }

  #update(write: Write, before: Version | undefined, draft: JsonObject): Written {
    const { kind } = write;
    const given = managersOf(draft);
    const managers = given.length > 0 && write.subresource === undefined ? given : managersOf(before?.object ?? {});
    const live = { object: unmanaged(before?.object ?? emptyOf(kind)), managers };
    const next = updateFields(kind.schema, live, unmanaged(draft), this.#writer(write, 'Update'));
    const isReset = isResetOf(metadataOf(draft)['managedFields']);
    return this.#registry.save(write, before, withManagers(next.object, isReset ? [] : next.managers));
  }

  #writer({ kind, manager, subresource }: Write, operation: 'Apply' | 'Update'): Writer {
    const ofMain = kind.hasStatus ? [['f:status']] : [];
    const resets = subresource === undefined ? ofMain : kind.statusResets;
    return {
      manager,
      operation,
      apiVersion: typeMetaOf(kind).apiVersion,
      subresource,
      resets,
      time: this.#registry.time(),
    };
  }

  /** An object that nobody manages yet belongs to `before-first-apply` when it is first applied. */
  #managersOf(before: Version | undefined, write: Write): readonly ManagedFields[] {
    const managers = before === undefined ? [] : managersOf(before.object);
    if (before === undefined || managers.length > 0) return managers;
    const { kind } = write;
    const writer: Writer = { ...this.#writer(write, 'Update'), manager: 'before-first-apply' };
    return updateFields(kind.schema, { object: emptyOf(kind), managers }, unmanaged(before.object), writer).managers;
  }
}

function isResetOf(managers: Json | undefined): boolean {
  if (!Array.isArray(managers)) return false;
  return managers.length === 0 || (managers.length === 1 && Object.keys(objectOf(managers[0] as Json)).length === 0);
}

/** Kinds that etcd has under another name than the API. */
const storedAs: Readonly<Record<string, string>> = { ingresses: 'ingress', services: 'services/specs' };

/** As the storage says it, with the key in etcd. */
function mismatch({ kind, namespace, name }: Write, before: Version, uid: string): string {
  const { group, plural } = kind.resource;
  const key = [
    '',
    'registry',
    ...(kind.isCustom ? [group] : []),
    storedAs[plural] ?? plural,
    ...(namespace === undefined ? [] : [namespace]),
    name,
  ];
  const error = `StorageError: invalid object, Code: 4, Key: ${key.join('/')}, ResourceVersion: 0, AdditionalErrorMsg: `;
  return `${error}Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.object.metadata.uid}`;
}
