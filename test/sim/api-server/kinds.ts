import { apiVersionOf, type Resource } from '../../../src/kube/objects.ts';
import type { JsonObject } from './json.ts';
import type { Schema } from './schema.ts';
import type { Cause, Subject } from './status.ts';

/** A kind that is served, and what its registry does with its objects. */
export interface Kind {
  readonly resource: Resource;
  /** Of the whole object, `metadata` too. */
  readonly schema: Schema;
  /** An object of the kind before anything is set in it, without `apiVersion` and `kind`. */
  readonly empty: JsonObject;
  /** A kind of a CRD: checked by its schema, defaulted by it, and told with its kind in lists. */
  readonly isCustom: boolean;
  /** `status` is written through its own endpoint alone. */
  readonly hasStatus: boolean;
  /** Which fields, besides `metadata`, do not count for `metadata.generation`; none where the kind has no generation. */
  readonly generationIgnores: readonly string[] | undefined;
  /** What the status endpoint leaves as it is. */
  readonly statusResets: readonly (readonly string[])[];
  /** What a field selector can name besides `metadata.name` and `metadata.namespace`, with the value of an absent one. */
  readonly selectableFields: Readonly<Record<string, string>>;
  /** A PUT without a resourceVersion is taken. */
  readonly updatesUnconditionally: boolean;
  /** A PUT makes what is absent. */
  readonly createsOnUpdate: boolean;
  /** Fills in defaults and drops what a round trip through the server's own types drops. */
  prepare(object: JsonObject, before: JsonObject | undefined): JsonObject;
  /** Why the object is refused; nothing where it is not. */
  check(object: JsonObject, before: JsonObject | undefined): readonly Cause[];
}

/** `group/plural`, which names a kind here: each is served in one version. */
export function kindId({ group, plural }: Resource): string {
  return `${group}/${plural}`;
}

/** The name of an object in a refusal: by its plural, as the API server names what is addressed. */
export function subjectOf({ group, plural }: Resource, name: string): Subject {
  return { group, kind: plural, name };
}

/** The name of an object in a 422, and in a failed precondition of a delete: by its kind. */
export function kindSubjectOf({ group, kind }: Resource, name: string): Subject {
  return { group, kind, name };
}

/** An object of the kind before anything is set in it. */
export function emptyOf(kind: Kind): JsonObject {
  return { ...typeMetaOf(kind), ...kind.empty };
}

/** `apiVersion` and `kind` of every object of the kind. */
export function typeMetaOf(kind: Kind): { readonly apiVersion: string; readonly kind: string } {
  return { apiVersion: apiVersionOf(kind.resource), kind: kind.resource.kind };
}
