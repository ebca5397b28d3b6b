import type { KubeObject, ObjectMeta } from '../../src/kube/index.ts';

/** An object with whatever it holds besides metadata. */
export interface StoredObject extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly data?: unknown;
  readonly type?: string;
}

/** Server-side apply by one manager per object: its labels and annotations that are left out go, others' stay. */
export function applied(before: StoredObject | undefined, object: StoredObject, manager: string): StoredObject {
  const { labels = {}, annotations = {} } = object.metadata;
  const own = { 'f:labels': fieldsOf(labels), 'f:annotations': fieldsOf(annotations) };
  const metadata: ObjectMeta = {
    ...before?.metadata,
    ...object.metadata,
    labels: { ...without(before?.metadata.labels, ownedOf(before, 'f:labels')), ...labels },
    annotations: { ...without(before?.metadata.annotations, ownedOf(before, 'f:annotations')), ...annotations },
    managedFields: [{ manager, operation: 'Apply', fieldsV1: { 'f:metadata': own } }],
  };
  const data = { ...(before?.data as object | undefined), ...(object.data as object | undefined) };
  return { ...before, ...object, ...(object.data === undefined ? {} : { data }), metadata };
}

function fieldsOf(record: Record<string, string>): Record<string, object> {
  return Object.fromEntries(Object.keys(record).map((key) => [`f:${key}`, {}]));
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
