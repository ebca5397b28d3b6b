import { describeElement } from './fields.ts';
import { isList, isObject, type Json, type JsonObject } from './json.ts';
import { anything, elementOf, fieldSchema, itemSchema, keepsUnknown, type Schema } from './schema.ts';

const none: readonly string[] = [];

/**
 * What hinders a value from being typed for server-side apply, each as `path: why`, in the words of structured-merge-diff's
 * typed/validate.go: fields that are not declared, values of another type, and items that are there twice.
 */
export function typeErrors(schema: Schema, value: Json): readonly string[] {
  if (value === null) return none;
  const why = mismatch(schema, value);
  if (why !== undefined) return [`: ${why}`];
  if (isObject(value)) return fieldErrors(schema, value);
  return isList(value) ? itemErrors(schema, value) : none;
}

/** A field that is not declared ends the look at its map. */
function fieldErrors(schema: Schema, object: JsonObject): readonly string[] {
  const errors: string[] = [];
  for (const field in object) {
    const inner = object[field];
    const declared = fieldSchema(schema, field);
    if (declared === undefined) {
      errors.push(`.${field}: field not declared in schema`);
      break;
    }
    const below = inner === undefined ? none : typeErrors(declared, inner);
    for (const error of below) errors.push(`.${field}${error}`);
  }
  return errors;
}

function itemErrors(schema: Schema, items: readonly Json[]): readonly string[] {
  const list = schema['x-kubernetes-list-type'];
  const isKeyed = list === 'map' || list === 'set';
  const seen = new Set<string>();
  const errors: string[] = [];
  for (const [index, item] of items.entries()) {
    const unkeyed = isKeyed ? keyError(schema, item) : undefined;
    if (unkeyed !== undefined) return [...errors, `: element ${index}: ${unkeyed}`];
    const element = isKeyed ? elementOf(schema, item) : '';
    if (seen.has(element)) errors.push(`: duplicate entries for key ${describeElement(element)}`);
    if (isKeyed) seen.add(element);
    for (const error of typeErrors(itemSchema(schema), item)) {
      errors.push(`${isKeyed ? describeElement(element) : `[${index}]`}${error}`);
    }
  }
  return errors;
}

function keyError(schema: Schema, item: Json): string | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined) {
    if (item === null) return "associative list without keys has an element that's an explicit null";
    return isObject(item) ? "associative list without keys has an element that's a map type" : undefined;
  }
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isObject(item)) return 'associative list with keys may not have non-map elements';
  if (elementOf(schema, item) !== 'k:{}') return undefined;
  const named = `["${keys.join('" "')}"]`;
  return `associative list with keys has an element that omits all key fields ${named} (and doesn't have default values for any key fields)`;
}

function mismatch(schema: Schema, value: Json): string | undefined {
  const { type } = schema;
  if (type === undefined) {
    const isFine = keepsUnknown(schema) || (!isObject(value) && !isList(value));
    return isFine ? undefined : `expected any scalar, got ${goText(value)}`;
  }
  const { fits, wanted, said } = expectations[type];
  return fits(value) ? undefined : `expected ${wanted}, got ${said(value)}`;
}

interface Expectation {
  readonly fits: (value: Json) => boolean;
  readonly wanted: string;
  readonly said: (value: Json) => string;
}

const isNumber = (value: Json): boolean => typeof value === 'number';
const numeric: Expectation = { fits: isNumber, wanted: 'numeric (int or float)', said: goType };

const expectations: Readonly<Record<NonNullable<Schema['type']>, Expectation>> = {
  object: { fits: isObject, wanted: 'map', said: goText },
  array: { fits: isList, wanted: 'list', said: goText },
  string: { fits: (value) => typeof value === 'string', wanted: 'string', said: goSyntax },
  boolean: { fits: (value) => typeof value === 'boolean', wanted: 'boolean', said: goText },
  integer: numeric,
  number: numeric,
};

/** A value as Go's `%v` writes it. */
function goText(value: Json): string {
  return `&{${goPlain(value)}}`;
}

function goPlain(value: Json): string {
  if (isList(value)) return `[${value.map(goPlain).join(' ')}]`;
  if (!isObject(value)) return value === null ? '<nil>' : String(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([field, inner]) => `${field}:${goPlain(inner ?? null)}`).join(' ')}]`;
}

/** A value as Go's `%#v` writes it. */
function goSyntax(value: Json): string {
  return `&value.valueUnstructured{Value:${goLiteral(value)}}`;
}

function goLiteral(value: Json): string {
  if (isList(value)) return `[]interface {}{${value.map(goLiteral).join(', ')}}`;
  if (!isObject(value)) return value === null ? 'interface {}(nil)' : JSON.stringify(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${fields.map(([field, inner]) => `${JSON.stringify(field)}:${goLiteral(inner ?? null)}`).join(', ')}}`;
}

function goType(value: Json): string {
  if (isList(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** The fields that a schema does not declare, as a strict decoder names them: `spec.values`, `spec.items[0].x`. */
export function unknownFields(schema: Schema, value: Json, path = ''): readonly string[] {
  if (isList(value)) {
    return value.flatMap((item, index) => unknownFields(itemSchema(schema), item, `${path}[${index}]`));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    const named = path === '' ? field : `${path}.${field}`;
    const declared = schema.type === undefined ? anything : fieldSchema(schema, field);
    if (declared === undefined) return [`unknown field "${named}"`];
    return inner === undefined ? [] : unknownFields(declared, inner, named);
  });
}

/** The value without fields that its schema does not declare: what a decoder drops that is not strict. */
export function pruned(schema: Schema, value: Json): Json {
  if (isList(value)) return value.map((item) => pruned(itemSchema(schema), item));
  if (!isObject(value)) return value;
  const out: Record<string, Json> = {};
  for (const [field, inner] of Object.entries(value)) {
    const declared = schema.type === undefined ? anything : fieldSchema(schema, field);
    if (declared !== undefined && inner !== undefined) out[field] = pruned(declared, inner);
  }
  return out;
}
