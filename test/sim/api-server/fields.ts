/**
 * A set of fields as `fieldsV1` of managedFields writes it: a tree by path elements (`f:name`, `k:{"name":"a"}`, `v:"a"`). A
 * node is itself in the set when it has a `.`, or nothing at all. The empty set is undefined, never `{}`.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** A field without parts. */
export const leaf: FieldSet = Object.freeze({});

/** The node of these children, that is itself in the set or not. */
export function nodeOf(isIn: boolean, children: Readonly<Record<string, FieldSet>>): FieldSet | undefined {
  for (const _ in children) return isIn ? { '.': leaf, ...children } : children;
  return isIn ? leaf : undefined;
}

/** The node, itself in the set. */
export function asMember(node: FieldSet | undefined): FieldSet {
  if (node === undefined || isMember(node)) return node ?? leaf;
  return { '.': leaf, ...node };
}

/** Whether the node itself is in the set. */
export function isMember(node: FieldSet | undefined): boolean {
  if (node === undefined) return false;
  if (node === leaf || '.' in node) return true;
  for (const _ in node) return false;
  return true;
}

/** Whether anything below the node is in the set. */
export function hasChildren(node: FieldSet | undefined): node is FieldSet {
  if (node === undefined) return false;
  for (const element in node) if (element !== '.') return true;
  return false;
}

/** All fields of either. */
export function union(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || a === b) return b;
  if (b === undefined) return a;
  const children: Record<string, FieldSet> = {};
  for (const element in a) if (element !== '.') children[element] = union(a[element], b[element]) ?? leaf;
  for (const element in b) if (element !== '.' && !(element in a)) children[element] = b[element] ?? leaf;
  return nodeOf(isMember(a) || isMember(b), children);
}

/** The fields of `a` that are not in `b`; a field in `b` does not take its parts along. */
export function difference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return a;
  if (a === b) return undefined;
  return combined(a, b, isMember(a) && !isMember(b), difference);
}

/** The fields in both. */
export function intersection(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (a === b) return a;
  return combined(a, b, isMember(a) && isMember(b), intersection);
}

/** The set without one path and all that is below it. */
export function without(set: FieldSet | undefined, path: readonly string[]): FieldSet | undefined {
  const [element, ...rest] = path;
  if (set === undefined || element === undefined) return undefined;
  const inner = set[element];
  if (inner === undefined) return set;
  const { [element]: _, ...others } = set;
  const left = without(inner, rest);
  if (left !== undefined) return { ...others, [element]: left };
  return hasChildren(others) || '.' in others ? others : undefined;
}

/** Whether every field of `a` is in `b`. */
export function isSubset(a: FieldSet | undefined, b: FieldSet | undefined): boolean {
  return difference(a, b) === undefined;
}

/** Each field of the set as a path of elements, in the order that the API server tells conflicts in. */
export function* pathsOf(set: FieldSet | undefined, prefix: readonly string[] = []): Generator<readonly string[]> {
  const elements = Object.keys(set ?? {})
    .filter((element) => element !== '.')
    .toSorted();
  for (const element of elements) if (isMember(set?.[element])) yield [...prefix, element];
  for (const element of elements) if (hasChildren(set?.[element])) yield* pathsOf(set?.[element], [...prefix, element]);
}

/** A path as people read it: `.spec.ports[port=80,protocol="TCP"].name`. */
export function describePath(path: readonly string[]): string {
  return path.map(describeElement).join('');
}

/** A path element as people read it. */
export function describeElement(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}

function combined(
  a: FieldSet,
  b: FieldSet,
  member: boolean,
  combine: (a: FieldSet | undefined, b: FieldSet | undefined) => FieldSet | undefined,
): FieldSet | undefined {
  const children: Record<string, FieldSet> = {};
  for (const element in a) {
    if (element === '.') continue;
    const child = combine(a[element], b[element]);
    if (child !== undefined) children[element] = child;
  }
  return nodeOf(member, children);
}
