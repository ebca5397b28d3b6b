import { createHash } from 'node:crypto';
import { annotations, labels, managers } from '../api/index.ts';
import { ingresses, type KubeObject, keyOf, type ObjectMeta, type Source } from '../kube/index.ts';

/** What the controllers keep of an Ingress of ours. Frozen; replaced as a whole by each change. */
export interface IngressRow {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly createdAt: Date;
  readonly deleting: boolean;
  readonly certificateUID: string;
  /** `namespace/name` of its Certificate. */
  readonly certificateKey: string;
  /** The id of the installation that made it. */
  readonly installation: string;
  readonly hosts: readonly string[];
  /** Of its spec, and of the labels and annotations that are ours: equal where an apply would change nothing. */
  readonly digest: string;
}

/** An Ingress, as far as routes need it. */
export interface Ingress extends KubeObject {
  readonly spec: IngressSpec;
}

/** The spec of an Ingress (networking.k8s.io/v1), as far as routes need it. */
export interface IngressSpec {
  readonly ingressClassName?: string;
  readonly rules?: readonly { readonly host?: string; readonly http?: { readonly paths: readonly IngressPath[] } }[];
}

interface IngressPath {
  readonly path: string;
  readonly pathType: 'Prefix' | 'Exact' | 'ImplementationSpecific';
  readonly backend: { readonly service: { readonly name: string; readonly port: { readonly number: number } } };
}

/** The routes in the operator's namespace, found by their Certificate: its uid, or its `namespace/name`. */
export function ingressSource(namespace: string): Source<IngressRow> {
  return {
    resource: ingresses,
    namespace,
    labelSelector: labels.certificateUID,
    project: projectIngress,
    indexes: { certificateUID: (row) => [row.certificateUID], certificate: (row) => [row.certificateKey] },
  };
}

/** Reads an Ingress into its row. */
export function projectIngress(object: KubeObject): IngressRow {
  const { metadata, spec } = object as Ingress;
  const { namespace = '', labels: marks = {}, annotations: notes = {} } = metadata;
  return {
    key: keyOf(metadata),
    namespace,
    name: metadata.name,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    createdAt: new Date(metadata.creationTimestamp ?? 0),
    deleting: metadata.deletionTimestamp !== undefined,
    certificateUID: marks[labels.certificateUID] ?? '',
    certificateKey: keyOf({
      namespace: notes[annotations.certificateNamespace] ?? '',
      name: notes[annotations.certificateName] ?? '',
    }),
    installation: marks[labels.installation] ?? '',
    hosts: (spec.rules ?? []).flatMap(({ host }) => (host === undefined ? [] : [host])),
    digest: ingressDigest({
      labels: pick(marks, ownKeys(metadata, 'f:labels')),
      annotations: pick(notes, ownKeys(metadata, 'f:annotations')),
      spec,
    }),
  };
}

/** A digest of what we say of an Ingress, whatever the order of its keys. */
export function ingressDigest(content: {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: IngressSpec;
}): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(content)))
    .digest('base64url');
}

/** The keys that our last apply owns; what others add to our objects is theirs, and no reason to write. */
function ownKeys({ managedFields = [] }: ObjectMeta, field: 'f:labels' | 'f:annotations'): string[] {
  return (managedFields as readonly ManagedFields[])
    .filter(({ manager, operation }) => manager === managers.route && operation === 'Apply')
    .flatMap(({ fieldsV1 }) => Object.keys(fieldsV1?.['f:metadata']?.[field] ?? {}))
    .flatMap((key) => (key.startsWith('f:') ? [key.slice(2)] : []));
}

interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly fieldsV1?: { readonly 'f:metadata'?: Readonly<Record<string, object>> };
}

function pick(from: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
