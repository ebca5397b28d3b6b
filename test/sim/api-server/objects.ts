import type { OwnerReference } from '../../../src/kube/objects.ts';
import { isObject, type Json, type JsonObject, listOf, withField } from './json.ts';
import type { ManagedFields } from './ownership.ts';

/** `metadata` of a stored object. */
export interface Meta extends JsonObject {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

/** An object as it is stored: whole, and never changed in place. */
export interface StoredObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Meta;
}

/** The owner references of an object. */
export function ownersOf(object: StoredObject): readonly OwnerReference[] {
  return listOf(object.metadata['ownerReferences']) as unknown as readonly OwnerReference[];
}

/** The managers of an object. */
export function managersOf(object: JsonObject): readonly ManagedFields[] {
  return listOf(metadataOf(object)['managedFields']) as unknown as readonly ManagedFields[];
}

/** `metadata`, empty where there is none. */
export function metadataOf(object: JsonObject): JsonObject {
  return isObject(object['metadata']) ? object['metadata'] : {};
}

/** The object with a field of its metadata set, or taken out. */
export function withMeta(object: JsonObject, field: string, value: Json | undefined): JsonObject {
  return withField(object, 'metadata', withField(metadataOf(object), field, value));
}

/** The object with these managers; none leaves the field out. */
export function withManagers(object: JsonObject, managers: readonly ManagedFields[]): JsonObject {
  return withMeta(object, 'managedFields', managers.length === 0 ? undefined : (managers as unknown as Json));
}

/** The object without its managers, which are told apart. */
export function unmanaged(object: JsonObject): JsonObject {
  return isObject(object['metadata']) ? withMeta(object, 'managedFields', undefined) : object;
}
