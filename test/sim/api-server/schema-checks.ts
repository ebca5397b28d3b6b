import { inBody, invalidValue, notSupported, required, wrongType } from './causes.ts';
import { equal, isList, isObject, type Json, type JsonObject } from './json.ts';
import { correlated, fieldSchema, itemSchema, keepsUnknown, type Schema } from './schema.ts';
import type { Cause } from './status.ts';

const dateTime = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * What a schema refuses of a value, in the words of the API server. What is the same as before is not looked at: the API
 * server lets old faults be (ratcheting).
 */
export function checkSchema(schema: Schema, value: Json, before: Json | undefined, path: string): readonly Cause[] {
  if (equal(value, before)) return [];
  const wrong = checkType(schema, value, path);
  if (wrong.length > 0) return wrong;
  if (isObject(value)) return checkMap(schema, value, isObject(before) ? before : {}, path);
  if (isList(value)) return checkList(schema, value, before, path);
  return checkScalar(schema, value, path);
}

function checkType(schema: Schema, value: Json, path: string): readonly Cause[] {
  if (schema.type === undefined || (value === null && schema.nullable === true)) return [];
  const is = typeOf(value);
  return is === schema.type || (schema.type === 'number' && is === 'integer') ? [] : [wrongType(path, is, schema.type)];
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function checkMap(schema: Schema, value: JsonObject, before: JsonObject, path: string): readonly Cause[] {
  const causes = (schema.required ?? [])
    .filter((field) => value[field] === undefined)
    .map((field) => required(within(path, field)));
  for (const field in value) {
    const inner = value[field];
    const declared = fieldSchema(schema, field);
    if (inner === undefined || declared === undefined || keepsUnknown(declared)) continue;
    causes.push(...checkSchema(declared, inner, before[field], within(path, field)));
  }
  return causes;
}

function checkList(schema: Schema, value: readonly Json[], before: Json | undefined, path: string): readonly Cause[] {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  const old = correlated(schema, before);
  const causes: Cause[] = [];
  if (value.length > maxItems) {
    const message = `Too many: ${value.length}: must have at most ${maxItems} items`;
    causes.push({ reason: 'FieldValueTooMany', message, field: path });
  }
  if (value.length < minItems) {
    causes.push(invalidValue(path, value.length, `${inBody(path)} should have at least ${minItems} items`));
  }
  const items = value.flatMap((item, index) => checkSchema(itemSchema(schema), item, old(item), `${path}[${index}]`));
  return [...causes, ...items];
}

function checkScalar(schema: Schema, value: Json, path: string): readonly Cause[] {
  const { enum: allowed } = schema;
  if (allowed !== undefined && !allowed.includes(value)) return [notSupported(path, value, allowed)];
  if (typeof value === 'string') return checkText(schema, value, path);
  if (typeof value !== 'number') return [];
  const causes: Cause[] = [];
  if (schema.minimum !== undefined && value < schema.minimum) {
    causes.push(invalidValue(path, value, `${inBody(path)} should be greater than or equal to ${schema.minimum}`));
  }
  if (schema.maximum !== undefined && value > schema.maximum) {
    causes.push(invalidValue(path, value, `${inBody(path)} should be less than or equal to ${schema.maximum}`));
  }
  return causes;
}

function checkText(schema: Schema, value: string, path: string): readonly Cause[] {
  const causes: Cause[] = [];
  const length = Array.from(value).length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    const message = `Too long: may not be more than ${schema.maxLength} bytes`;
    causes.push({ reason: 'FieldValueTooLong', message, field: path });
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    causes.push(invalidValue(path, value, `${inBody(path)} should be at least ${schema.minLength} chars long`));
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
    causes.push(invalidValue(path, value, `${inBody(path)} should match '${schema.pattern}'`));
  }
  if (schema.format === 'date-time' && !dateTime.test(value)) {
    causes.push(wrongType(path, value, 'date-time'));
  }
  return causes;
}

function within(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}
