import { asMember, type FieldSet, leaf, nodeOf, union } from './fields.ts';
import { equal, isObject, type Json, type JsonObject, listOf, objectOf } from './json.ts';
import { anything, elementOf, fieldSchema, isDeclared, isEmpty, itemSchema, type Schema, shapeOf } from './schema.ts';

/** What a change did, as sets of fields. */
export interface Comparison {
  readonly added: FieldSet | undefined;
  readonly modified: FieldSet | undefined;
  readonly removed: FieldSet | undefined;
}

const same: Comparison = { added: undefined, modified: undefined, removed: undefined };

/** The fields that whoever applies `value` owns. */
export function fieldsOf(schema: Schema, value: Json): FieldSet | undefined {
  const shape = shapeOf(schema, value);
  if (shape === 'leaf') return leaf;
  return shape === 'map' ? fieldsOfMap(schema, objectOf(value)) : fieldsOfList(schema, listOf(value));
}

function fieldsOfMap(schema: Schema, object: JsonObject): FieldSet | undefined {
  const children: Record<string, FieldSet> = {};
  for (const field in object) {
    const value = object[field];
    if (value === undefined) continue;
    const inner = fieldsOf(fieldSchema(schema, field) ?? anything, value);
    const isOwnPart = value === null || (isObject(value) && isEmpty(value)) || !isDeclared(schema, field);
    const node = isOwnPart ? asMember(inner) : inner;
    if (node !== undefined) children[`f:${field}`] = node;
  }
  return nodeOf(false, children);
}

function fieldsOfList(schema: Schema, items: readonly Json[]): FieldSet | undefined {
  const children: Record<string, FieldSet> = {};
  for (const item of items) children[elementOf(schema, item)] = asMember(fieldsOf(itemSchema(schema), item));
  return nodeOf(false, children);
}

/** What became of `before` in `after`; one of them may be absent. */
export function compare(schema: Schema, before: Json | undefined, after: Json | undefined): Comparison {
  if (before === after) return same;
  const present = after ?? before;
  const shape = shapeOf(schema, present);
  if (shape === 'leaf' || (isEmpty(before) && isEmpty(after))) return compareLeaf(before, after);
  const parts = shape === 'map' ? compareMaps(schema, before, after) : compareLists(schema, before, after);
  if (before === undefined) return { ...parts, added: asMember(parts.added) };
  return after === undefined ? { ...parts, removed: asMember(parts.removed) } : parts;
}

function compareLeaf(before: Json | undefined, after: Json | undefined): Comparison {
  if (before === undefined) return { ...same, added: leaf };
  if (after === undefined) return { ...same, removed: leaf };
  return equal(before, after) ? same : { ...same, modified: leaf };
}

function compareMaps(schema: Schema, before: Json | undefined, after: Json | undefined): Comparison {
  const left = objectOf(before);
  const right = objectOf(after);
  const found = new Findings();
  for (const field in left) found.add(`f:${field}`, fieldSchema(schema, field), left[field], right[field]);
  for (const field in right) {
    if (!(field in left)) found.add(`f:${field}`, fieldSchema(schema, field), undefined, right[field]);
  }
  return found.comparison();
}

function compareLists(schema: Schema, before: Json | undefined, after: Json | undefined): Comparison {
  const left = new Map(listOf(before).map((item) => [elementOf(schema, item), item]));
  const right = new Map(listOf(after).map((item) => [elementOf(schema, item), item]));
  const found = new Findings();
  for (const [element, item] of left) found.add(element, itemSchema(schema), item, right.get(element));
  for (const [element, item] of right) if (!left.has(element)) found.add(element, itemSchema(schema), undefined, item);
  return found.comparison();
}

/** The comparisons of the parts of a map or a list. */
class Findings {
  readonly #added: Record<string, FieldSet> = {};
  readonly #modified: Record<string, FieldSet> = {};
  readonly #removed: Record<string, FieldSet> = {};

  add(element: string, schema: Schema | undefined, before: Json | undefined, after: Json | undefined): void {
    if (before === after) return;
    const { added, modified, removed } = compare(schema ?? anything, before, after);
    if (added !== undefined) this.#added[element] = added;
    if (modified !== undefined) this.#modified[element] = modified;
    if (removed !== undefined) this.#removed[element] = removed;
  }

  comparison(): Comparison {
    return {
      added: nodeOf(false, this.#added),
      modified: nodeOf(false, this.#modified),
      removed: nodeOf(false, this.#removed),
    };
  }
}

/** Every field that a comparison found in the newer object with another value. */
export function changedBy({ added, modified }: Comparison): FieldSet | undefined {
  return union(modified, added);
}
