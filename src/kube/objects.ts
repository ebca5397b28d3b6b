/** A reference to the object that owns another (and whose deletion takes it along). */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** What every object of Kubernetes has in `metadata`, as far as we use it. Times are RFC 3339 strings. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  /** Opaque: good for nothing but to be compared for equality and sent back. */
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}

/** Any object of Kubernetes. What it has besides is told by an interface that extends this one. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Where objects of one kind are found on the API server. `group` is '' for the core group. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The name of an object, with its namespace where its kind has them. */
export interface Ref {
  readonly namespace?: string;
  readonly name: string;
}

/** `namespace/name`, or `name` without a namespace. */
export function keyOf(ref: Ref): string {
  if (ref.namespace === undefined || ref.namespace === '') return ref.name;
  // Joined, it is one string; a concatenation would keep its halves, for each of 100,000 keys.
  return [ref.namespace, ref.name].join('/');
}

/** The inverse of {@link keyOf}. */
export function refOf(key: string): Ref {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** `v1` or `group/version`, as `apiVersion` has it. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/**
 * The object as an apply that can only create: it makes an object that is absent, and is answered 409 (a ConflictError) when
 * it exists. A resourceVersion that is no object's own, with no uid, is what the API server reads so.
 */
export function createOnly<T extends KubeObject>(object: T): T {
  const metadata: ObjectMeta = { ...object.metadata, resourceVersion: '1' };
  delete metadata.uid;
  return { ...object, metadata };
}
