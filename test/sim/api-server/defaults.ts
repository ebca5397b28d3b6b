import { isList, isObject, type Json, type JsonObject, listOf, objectOf, withField } from './json.ts';
import { anything, fieldSchema, isEmpty, itemSchema, type Schema } from './schema.ts';

/** The fields of a schema that have a default, and whether anything below it has; made once for each schema. */
interface Plan {
  readonly fields: readonly (readonly [field: string, schema: Schema])[];
  readonly isDeep: boolean;
}

const plans = new WeakMap<Schema, Plan>();
const nothing: Plan = { fields: [], isDeep: false };

function planOf(schema: Schema): Plan {
  const known = plans.get(schema);
  if (known !== undefined) return known;
  plans.set(schema, nothing); // a model that contains itself
  const properties = Object.entries(schema.properties ?? {});
  const inner = [...properties.map(([, each]) => each), schema.items, schema.additionalProperties];
  const plan: Plan = {
    fields: properties.filter(([, each]) => each.default !== undefined),
    isDeep: inner.some((each) => each !== undefined && hasDefaults(each)),
  };
  plans.set(schema, plan);
  return plan;
}

function hasDefaults(schema: Schema): boolean {
  const { fields, isDeep } = planOf(schema);
  return isDeep || fields.length > 0;
}

/** `value` with the defaults of its schema filled in, as a CRD's `default` says; what is complete stays the same object. */
export function withDefaults(schema: Schema, value: Json): Json {
  if (!hasDefaults(schema)) return value;
  if (isList(value)) return mapped(value, (item) => withDefaults(itemSchema(schema), item));
  if (!isObject(value)) return value;
  const { fields, isDeep } = planOf(schema);
  let out: JsonObject = value;
  for (const [field, declared] of fields) {
    const there = out[field];
    if (there === undefined || (there === null && declared.nullable !== true)) {
      out = withField(out, field, declared.default);
    }
  }
  if (!isDeep) return out;
  for (const field in out) {
    const there = out[field];
    if (there !== undefined) out = withField(out, field, withDefaults(fieldSchema(schema, field) ?? anything, there));
  }
  return out;
}

/**
 * `value` as it comes back from the server's own types: without nulls, and without maps and lists that are empty. Parts that
 * it shares with `before` were through this already.
 */
export function canonical(schema: Schema, value: Json, before?: Json): Json {
  if (value === before) return value;
  if (isList(value)) {
    const items = listOf(before);
    return mapped(value, (item, index) => canonical(itemSchema(schema), item, items[index]));
  }
  if (!isObject(value)) return value;
  let out: JsonObject = value;
  for (const field in value) {
    const there = value[field];
    const declared = fieldSchema(schema, field) ?? anything;
    if (there === undefined || isDropped(declared, there)) out = withField(out, field, undefined);
    else out = withField(out, field, canonical(declared, there, objectOf(before)[field]));
  }
  return out;
}

/** A structure that is empty stays, if it was there: `emptyDir: {}`. */
function isDropped(schema: Schema, value: Json): boolean {
  return value === null || (isEmpty(value) && (isList(value) || schema.additionalProperties !== undefined));
}

function mapped(items: readonly Json[], change: (item: Json, index: number) => Json): readonly Json[] {
  const out = items.map(change);
  return out.every((item, index) => item === items[index]) ? items : out;
}
