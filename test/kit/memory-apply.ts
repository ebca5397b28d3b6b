import type { KubeObject, ObjectMeta } from '../../src/kube/index.ts';

/** An object with whatever it holds besides metadata. */
export interface StoredObject extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly data?: unknown;
  readonly type?: string;
}

/** Server-side apply by one manager per object: its labels, annotations and data that are left out go, others' stay. */
export function applied(before: StoredObject | undefined, object: StoredObject, manager: string): StoredObject {
  const { labels = {}, annotations = {} } = object.metadata;
  const own = { 'f:labels': fieldsOf(labels), 'f:annotations': fieldsOf(annotations) };
  const metadata: ObjectMeta = {
    ...before?.metadata,
    ...object.metadata,
    labels: { ...without(before?.metadata.labels, ownedOf(before, 'f:labels')), ...labels },
    annotations: { ...without(before?.metadata.annotations, ownedOf(before, 'f:annotations')), ...annotations },
    managedFields: [
      { manager, operation: 'Apply', fieldsV1: { 'f:metadata': own, 'f:data': fieldsOf(dataOf(object)) } },
    ],
  };
  const data = { ...without(dataOf(before), ownedData(before)), ...dataOf(object) };
  return { ...before, ...object, ...(object.data === undefined ? {} : { data }), metadata };
}

function fieldsOf(record: object): Record<string, object> {
  return Object.fromEntries(Object.keys(record).map((key) => [`f:${key}`, {}]));
}

function dataOf(object: StoredObject | undefined): Record<string, string> {
  return { ...(object?.data as Record<string, string> | undefined) };
}

function ownedData(before: StoredObject | undefined): string[] {
  const entries = (before?.metadata.managedFields ?? []) as readonly { fieldsV1: { 'f:data'?: object } }[];
  return entries.flatMap(({ fieldsV1 }) => Object.keys(fieldsV1['f:data'] ?? {})).map((key) => key.slice(2));
}

function ownedOf(before: StoredObject | undefined, field: 'f:labels' | 'f:annotations'): string[] {
  const entries = (before?.metadata.managedFields ?? []) as readonly {
    fieldsV1: { 'f:metadata': Record<string, Record<string, object>> };
  }[];
  return entries.flatMap(({ fieldsV1 }) => Object.keys(fieldsV1['f:metadata'][field] ?? {})).map((key) => key.slice(2));
}

function without(record: Record<string, string> = {}, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}
