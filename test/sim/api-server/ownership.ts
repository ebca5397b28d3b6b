import { type Comparison, changedBy, compare, fieldsOf } from './compare.ts';
import {
  describePath,
  difference,
  type FieldSet,
  hasChildren,
  intersection,
  isMember,
  isSubset,
  nodeOf,
  pathsOf,
  union,
  without,
} from './fields.ts';
import { equal, type JsonObject } from './json.ts';
import { merge, remove } from './merge.ts';
import { fieldSchema, isDeclared, itemSchema, type Schema } from './schema.ts';
import { type Cause, Refusal } from './status.ts';

/** An entry of `metadata.managedFields`. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldSet;
  readonly subresource?: string;
}

/** Who writes, and what of it counts. */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  /** What the endpoint leaves as it is, and nobody owns through it. */
  readonly resets: readonly (readonly string[])[];
  /** RFC 3339, whole seconds. */
  readonly time: string;
}

/** An object with its managers apart: `metadata.managedFields` is no field of it here. */
export interface Managed {
  readonly object: JsonObject;
  readonly managers: readonly ManagedFields[];
}

/** Never owned by anybody (stripmeta.go). */
const unowned = [
  ['f:apiVersion'],
  ['f:kind'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields']
    .concat('resourceVersion')
    .map((field) => ['f:metadata', `f:${field}`]),
];

/** More writers than these share one entry (capmanagers.go). */
const mostUpdaters = 10;

/**
 * Server-side apply, as structured-merge-diff's `Updater.Apply` does it: merges, prunes what the manager applied before and
 * now leaves out unless others own it, and finds conflicts.
 *
 * @throws Refusal 409 with a cause for each conflicting field, without `force`.
 */
export function applyFields(
  schema: Schema,
  live: Managed,
  config: JsonObject,
  writer: Writer & { readonly force: boolean },
): Managed & { readonly isSame: boolean } {
  const merged = merge(schema, live.object, config) as JsonObject;
  const own = live.managers.find((entry) => isOf(entry, writer));
  const fields = filtered(fieldsOf(schema, config), writer);
  const others = live.managers.filter((entry) => entry !== own);
  const next = pruned(schema, merged, { last: own?.fieldsV1, fields, others });
  const comparison = filteredComparison(compare(schema, live.object, next), writer);
  const kept = others.flatMap((entry) => afterChange(entry, comparison));
  if (!writer.force) refuseConflicts(others, changedBy(comparison));
  const isSame = equal(live.object, next);
  const entry = entryOf(writer, stripped(fields), isSame ? own?.time : writer.time);
  return { object: next, managers: sorted(entry === undefined ? kept : [...kept, entry]), isSame };
}

/** What any other write does to ownership: the writer owns what it changed, and nobody owns what is gone. */
export function updateFields(schema: Schema, live: Managed, object: JsonObject, writer: Writer): Managed {
  const comparison = filteredComparison(compare(schema, live.object, object), writer);
  const kept = live.managers.flatMap((entry) => afterChange(entry, comparison));
  const taken = stripped(filtered(changedBy(comparison), writer));
  if (taken === undefined) return { object, managers: sorted(kept) };
  const own = kept.find((entry) => isOf(entry, writer));
  const entry = entryOf(writer, union(taken, own?.fieldsV1), writer.time);
  const managers = kept.filter((other) => other !== own);
  return { object, managers: capped(sorted(entry === undefined ? managers : [...managers, entry])) };
}

/** The fields of another manager after a change: without what it changed or removed. */
function afterChange(entry: ManagedFields, comparison: Comparison): ManagedFields[] {
  const left = difference(difference(entry.fieldsV1, changedBy(comparison)), comparison.removed);
  if (left === undefined) return [];
  return [left === entry.fieldsV1 ? entry : { ...entry, fieldsV1: left }];
}

function refuseConflicts(others: readonly ManagedFields[], changed: FieldSet | undefined): void {
  const conflicts = others.flatMap((entry) =>
    [...pathsOf(intersection(entry.fieldsV1, changed))].map((path) => ({
      manager: describeManager(entry),
      field: describePath(path),
    })),
  );
  if (conflicts.length === 0) return;
  const causes: Cause[] = conflicts.map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field,
  }));
  throw new Refusal(409, 'Conflict', describeConflicts(conflicts), { details: { causes } });
}

function describeConflicts(conflicts: readonly { readonly manager: string; readonly field: string }[]): string {
  const [first] = conflicts;
  if (first !== undefined && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.field}`;
  }
  const byManager = Map.groupBy(
    conflicts.toSorted((a, b) => order(a.manager, b.manager)),
    ({ manager }) => manager,
  );
  const lines = [...byManager].flatMap(([manager, fields]) => [
    `conflicts with ${manager}:`,
    ...fields.map(({ field }) => `- ${field}`),
  ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function describeManager({ manager, subresource, operation, apiVersion }: ManagedFields): string {
  const through = subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${through}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}

/** Takes out what the manager applied last and leaves out now, but for what others own and for what nobody owned. */
function pruned(
  schema: Schema,
  merged: JsonObject,
  sets: {
    readonly last: FieldSet | undefined;
    readonly fields: FieldSet | undefined;
    readonly others: readonly ManagedFields[];
  },
): JsonObject {
  const { last, fields, others } = sets;
  if (last === undefined || isSubset(last, fields)) return merged;
  const named = (set: FieldSet | undefined): FieldSet | undefined => withNamedFields(schema, set);
  const mergedSet = named(fieldsOf(schema, merged));
  const managed = others.reduce((set, entry) => union(set, entry.fieldsV1), fields);

  const bare = remove(schema, merged, named(last));
  const keep = union(named(fieldsOf(schema, bare)), named(managed));
  const owned = remove(schema, merged, difference(mergedSet, keep));
  const lost = difference(mergedSet, named(fieldsOf(schema, owned)));
  return remove(schema, merged, intersection(lost, named(last))) as JsonObject;
}

/** The set with every declared field that has parts in it. */
function withNamedFields(schema: Schema, set: FieldSet | undefined): FieldSet | undefined {
  if (set === undefined || !hasChildren(set)) return set;
  const children: Record<string, FieldSet> = {};
  for (const element in set) {
    const node = set[element];
    if (element === '.' || node === undefined) continue;
    const field = element.startsWith('f:') ? element.slice(2) : undefined;
    const inner = (field === undefined ? itemSchema(schema) : fieldSchema(schema, field)) ?? {};
    const completed = withNamedFields(inner, node);
    const isNamed = field !== undefined && isDeclared(schema, field) && hasChildren(node);
    const child = nodeOf(isNamed || isMember(node), childrenOf(completed));
    if (child !== undefined) children[element] = child;
  }
  return nodeOf(isMember(set), children);
}

function childrenOf(node: FieldSet | undefined): Readonly<Record<string, FieldSet>> {
  const { '.': _, ...children } = node ?? {};
  return children;
}

function isOf(entry: ManagedFields, writer: Writer): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === writer.operation &&
    entry.subresource === writer.subresource &&
    (writer.operation === 'Apply' || entry.apiVersion === writer.apiVersion)
  );
}

function filtered(set: FieldSet | undefined, { resets }: Writer): FieldSet | undefined {
  return resets.reduce<FieldSet | undefined>((left, path) => without(left, path), set);
}

function filteredComparison({ added, modified, removed }: Comparison, writer: Writer): Comparison {
  return {
    added: filtered(added, writer),
    modified: filtered(modified, writer),
    removed: filtered(removed, writer),
  };
}

function stripped(set: FieldSet | undefined): FieldSet | undefined {
  return unowned.reduce<FieldSet | undefined>((left, path) => without(left, path), withoutMetadataItself(set));
}

function withoutMetadataItself(set: FieldSet | undefined): FieldSet | undefined {
  const metadata = set?.['f:metadata'];
  if (metadata === undefined || !isMember(metadata)) return set;
  const children = childrenOf(metadata);
  return hasChildren(children) ? { ...set, 'f:metadata': children } : without(set, ['f:metadata']);
}

function entryOf(writer: Writer, fields: FieldSet | undefined, time: string | undefined): ManagedFields | undefined {
  if (fields === undefined) return undefined;
  const { manager, operation, apiVersion, subresource } = writer;
  return {
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** The order of the API server: appliers first, then by time, then by name. */
function sorted(entries: readonly ManagedFields[]): readonly ManagedFields[] {
  return entries.toSorted(
    (a, b) =>
      order(a.operation, b.operation) ||
      order(a.time ?? '', b.time ?? '') ||
      order(a.manager, b.manager) ||
      order(a.subresource ?? '', b.subresource ?? ''),
  );
}

/** The oldest of too many updaters become one entry. */
function capped(entries: readonly ManagedFields[]): readonly ManagedFields[] {
  const updaters = entries.filter(({ operation }) => operation === 'Update');
  const surplus = updaters.length - mostUpdaters;
  const merged = updaters.slice(0, surplus + 1);
  const last = merged.at(-1);
  if (surplus <= 0 || last === undefined) return entries;
  const fieldsV1 = merged.reduce<FieldSet | undefined>((set, entry) => union(set, entry.fieldsV1), undefined);
  const { subresource: _, ...entry } = { ...last, manager: 'ancient-changes', fieldsV1: fieldsV1 ?? {} };
  return sorted([...entries.filter((each) => !merged.includes(each)), entry]);
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
