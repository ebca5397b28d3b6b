/** A JSON value. What is stored is never changed in place, so that versions can share what they have in common. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object; a field that is undefined is one that is absent. */
export interface JsonObject {
  readonly [field: string]: Json | undefined;
}

/** Whether a value is a JSON object, and neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is a JSON list. */
export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** The value as an object, empty when it is none. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** The value as a list, empty when it is none. */
export function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

/** The value as a string, empty when it is none. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Whether two values are the same JSON, whatever the order of fields. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const fields = definedFields(a);
  return fields.length === definedFields(b).length && fields.every((field) => equal(a[field], b[field]));
}

/** `object` with a field set, or taken out where `value` is undefined; the same object where that changes nothing. */
export function withField<T extends JsonObject>(object: T, field: string, value: Json | undefined): T {
  if (object[field] === value) return object;
  const copy: Record<string, Json | undefined> = { ...object };
  if (value === undefined) delete copy[field];
  else copy[field] = value;
  return copy as T;
}

/** What a path of fields leads to. */
export function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  let here = value;
  for (const field of path) here = isObject(here) ? here[field] : undefined;
  return here;
}

function definedFields(object: JsonObject): string[] {
  return Object.keys(object).filter((field) => object[field] !== undefined);
}
