import { isList, isObject, type Json, type JsonObject } from './json.ts';

/** A rule of `x-kubernetes-validations`. */
export interface Rule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
}

/** A structural schema, as a CRD has it; the kinds that are built in are told in the same words. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly Json[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly nullable?: boolean;
  readonly default?: Json;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

/** What a value is to field ownership: a leaf is owned whole. */
export type Shape = 'map' | 'list' | 'leaf';

/** A field or an item that no schema tells anything about. */
export const anything: Schema = { 'x-kubernetes-preserve-unknown-fields': true };

/** How a value is owned: part by part (a granular map, a list with keys or a set), or whole. */
export function shapeOf(schema: Schema, value: Json | undefined): Shape {
  if (schema.type === 'object' || (schema.type === undefined && isObject(value))) {
    return schema['x-kubernetes-map-type'] === 'atomic' ? 'leaf' : 'map';
  }
  if (schema.type !== 'array') return 'leaf';
  const list = schema['x-kubernetes-list-type'];
  return list === 'map' || list === 'set' ? 'list' : 'leaf';
}

/** The schema of a field; undefined for one that is not declared. */
export function fieldSchema(schema: Schema, field: string): Schema | undefined {
  if (isDeclared(schema, field)) return schema.properties?.[field];
  return schema.additionalProperties ?? (keepsUnknown(schema) ? anything : undefined);
}

/** Whether a field is declared by its name, and not only allowed as any key is. */
export function isDeclared(schema: Schema, field: string): boolean {
  return schema.properties !== undefined && Object.hasOwn(schema.properties, field);
}

/** The schema of the items of a list. */
export function itemSchema(schema: Schema): Schema {
  return schema.items ?? anything;
}

/** Whether fields that are not declared are kept. */
export function keepsUnknown(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true;
}

/** A list or a map that is empty, or null. */
export function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (isList(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

/** An item is only ever in lists of one schema. */
const elements = new WeakMap<object, string>();

/** What an item of a set or of a list with keys is called in a field set: `v:"a"` or `k:{"name":"a"}`. */
export function elementOf(schema: Schema, item: Json): string {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined || !isObject(item)) return `v:${JSON.stringify(item)}`;
  let element = elements.get(item);
  if (element === undefined) {
    element = keyedElement(schema, item, keys);
    elements.set(item, element);
  }
  return element;
}

function keyedElement(schema: Schema, item: JsonObject, keys: readonly string[]): string {
  const named: Record<string, Json> = {};
  for (const key of keys.toSorted()) {
    const value = item[key] ?? itemSchema(schema).properties?.[key]?.default;
    if (value !== undefined) named[key] = value;
  }
  return `k:${JSON.stringify(named)}`;
}

/** How to find the earlier version of an item: by its keys in a list that has them; any other item is a new one. */
export function correlated(schema: Schema, before: Json | undefined): (item: Json) => Json | undefined {
  if (schema['x-kubernetes-list-type'] !== 'map' || !isList(before)) return () => undefined;
  const old = new Map(before.map((item) => [elementOf(schema, item), item]));
  return (item) => old.get(elementOf(schema, item));
}
