import { type FieldSet, hasChildren, isMember } from './fields.ts';
import { equal, isList, isObject, type Json, type JsonObject, listOf, objectOf } from './json.ts';
import { anything, elementOf, fieldSchema, isEmpty, itemSchema, type Schema, shapeOf } from './schema.ts';

/**
 * `live` with what `applied` says put over it: maps field by field, lists with keys and sets item by item, all else whole.
 * What stays the same is shared with `live`.
 */
export function merge(schema: Schema, live: Json | undefined, applied: Json | undefined): Json | undefined {
  if (applied === undefined || live === applied) return live;
  if (live === undefined) return applied;
  const shape = shapeOf(schema, applied);
  if (shape === 'leaf' || (isEmpty(live) && isEmpty(applied))) return equal(live, applied) ? live : applied;
  if (isEmpty(applied)) return live;
  return shape === 'map' ? mergeMaps(schema, objectOf(live), objectOf(applied)) : mergeLists(schema, live, applied);
}

function mergeMaps(schema: Schema, live: JsonObject, applied: JsonObject): JsonObject {
  let out: Record<string, Json | undefined> | undefined;
  for (const field in applied) {
    const merged = merge(fieldSchema(schema, field) ?? anything, live[field], applied[field]);
    if (merged === live[field]) continue;
    out ??= { ...live };
    out[field] = merged;
  }
  return out ?? live;
}

/**
 * Items of both keep the order of the applied list; those of the live list alone stay where they stand between them (the
 * order of structured-merge-diff, typed/merge.go).
 */
function mergeLists(schema: Schema, live: Json, applied: Json): Json {
  const lives = listOf(live).map((item) => ({ element: elementOf(schema, item), item }));
  const wanted = listOf(applied).map((item) => ({ element: elementOf(schema, item), item }));
  const liveItems = new Map(lives.map(({ element, item }) => [element, item]));
  const wantedElements = new Set(wanted.map(({ element }) => element));
  const shared = wanted.filter(({ element }) => liveItems.has(element)).map(({ element }) => element);
  const done = new Set<string>();
  const out: Json[] = [];
  let nextShared = shared.shift();

  /** An item of both, but not the one that comes next in the applied list. */
  const isLater = (element: string): boolean =>
    wantedElements.has(element) && nextShared !== undefined && nextShared !== element;
  const take = (element: string, item: Json): void => {
    done.add(element);
    out.push(merge(itemSchema(schema), liveItems.get(element), item) ?? null);
    if (element === nextShared) nextShared = shared.shift();
  };

  let l = 0;
  let r = 0;
  while (l < lives.length || r < wanted.length) {
    const ours = lives[l];
    const theirs = wanted[r];
    if (ours !== undefined && theirs !== undefined) {
      if (ours.element === theirs.element) {
        take(theirs.element, theirs.item);
        l += 1;
        r += 1;
        continue;
      }
      if (isLater(ours.element)) {
        l += 1;
        continue;
      }
    }
    if (ours !== undefined) {
      if (!wantedElements.has(ours.element)) {
        out.push(ours.item);
        l += 1;
        continue;
      }
      if (done.has(ours.element)) l += 1;
    }
    if (theirs !== undefined) {
      take(theirs.element, theirs.item);
      r += 1;
    }
  }
  return isList(live) && live.length === out.length && out.every((item, index) => item === live[index]) ? live : out;
}

/**
 * `value` without the fields of a set. A map or a list that loses all it had becomes null, as structured-merge-diff leaves it;
 * what is owned whole is only ever removed by whoever holds it.
 */
export function remove(schema: Schema, value: Json, fields: FieldSet | undefined): Json {
  if (!hasChildren(fields) || isEmpty(value)) return value;
  const shape = shapeOf(schema, value);
  if (shape === 'leaf') return isList(value) || isObject(value) ? null : value;
  return shape === 'map' ? removeFields(schema, objectOf(value), fields) : removeItems(schema, listOf(value), fields);
}

function removeFields(schema: Schema, object: JsonObject, fields: FieldSet): Json {
  const out: Record<string, Json | undefined> = {};
  for (const field in object) {
    const value = object[field];
    const node = fields[`f:${field}`];
    if (value === undefined || isMember(node)) continue;
    out[field] = remove(fieldSchema(schema, field) ?? anything, value, node);
  }
  return isEmpty(out) ? null : out;
}

function removeItems(schema: Schema, items: readonly Json[], fields: FieldSet): Json {
  const out: Json[] = [];
  for (const item of items) {
    const node = fields[elementOf(schema, item)];
    if (!isMember(node)) out.push(remove(itemSchema(schema), item, node));
  }
  return out.length === 0 ? null : out;
}
