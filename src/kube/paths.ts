import { TerminalError } from '../runtime/index.ts';
import type { Selection } from './client.ts';
import type { Ref, Resource } from './objects.ts';

/**
 * The path of all objects of a kind, in one namespace or in all.
 *
 * @throws TerminalError for a name that cannot stand in a path.
 */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = namespace === undefined ? '' : `/namespaces/${segment(namespace)}`;
  return `${root}${scope}/${resource.plural}`;
}

/** The collection that an object of `ref` belongs to. Throws as {@link objectPath}. */
export function parentPath(resource: Resource, ref: Ref): string {
  return collectionPath(resource, resource.namespaced ? (ref.namespace ?? '') : undefined);
}

/**
 * The path of one object.
 *
 * @throws TerminalError for an empty name (its path would be that of all objects), and for one that is no path segment.
 */
export function objectPath(resource: Resource, ref: Ref, subresource?: string): string {
  const path = `${parentPath(resource, ref)}/${segment(ref.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** `?a=b` of what is defined. */
export function query(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) pairs.set(name, String(value));
  return pairs.size === 0 ? '' : `?${pairs.toString()}`;
}

/** The selectors of a list or a watch as query parameters. */
export function selectorsOf(selection: Selection): Record<string, string | undefined> {
  return { labelSelector: selection.labelSelector, fieldSelector: selection.fieldSelector };
}

function segment(name: string): string {
  if (name === '' || name === '.' || name === '..') throw new TerminalError(`'${name}' is not the name of an object`);
  return encodeURIComponent(name);
}
