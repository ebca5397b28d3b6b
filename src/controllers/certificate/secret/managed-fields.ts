import type { KubeObject } from '../../../kube/index.ts';

/** What a manager owns of a Secret, by the names of its labels, annotations and data, and the uids of its owners. */
export interface OwnedFields {
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
  readonly data: readonly string[];
  readonly owners: readonly string[];
}

/** An entry of `metadata.managedFields` (meta/v1 ManagedFieldsEntry). */
interface Entry {
  readonly manager?: string;
  readonly operation?: string;
  /** RFC 3339: when the manager last changed what it owns. */
  readonly time?: string;
  readonly fieldsV1?: FieldSet;
}

interface FieldSet {
  readonly [path: `f:${string}` | `k:${string}`]: FieldSet | undefined;
}

/** What an object's applies by this manager own. Nothing where the object does not tell. */
export function fieldsOf(object: KubeObject, manager: string): OwnedFields {
  const entries = entriesOf(object).filter((entry) => entry.manager === manager && entry.operation === 'Apply');
  const sets = entries.map(({ fieldsV1 = {} }) => fieldsV1);
  return {
    labels: sets.flatMap((set) => names(set['f:metadata']?.['f:labels'])),
    annotations: sets.flatMap((set) => names(set['f:metadata']?.['f:annotations'])),
    data: sets.flatMap((set) => names(set['f:data'])),
    owners: sets.flatMap((set) => ownerUIDs(set['f:metadata']?.['f:ownerReferences'])),
  };
}

/** Who else wrote to the object last, by the name under which it writes; undefined where nobody did. */
export function lastOtherManager(object: KubeObject, manager: string): string | undefined {
  const others = entriesOf(object).filter((entry) => entry.manager !== manager);
  return others.toSorted((a, b) => (a.time ?? '').localeCompare(b.time ?? '')).at(-1)?.manager;
}

function entriesOf({ metadata }: KubeObject): readonly Entry[] {
  // The shape is the API server's own.
  return (metadata.managedFields ?? []) as readonly Entry[];
}

function names(set: FieldSet = {}): string[] {
  return Object.keys(set).map((path) => path.slice('f:'.length));
}

/** Owners are told apart by their uid: `k:{"uid":"..."}`. */
function ownerUIDs(set: FieldSet = {}): string[] {
  return Object.keys(set).flatMap((path) => /^k:\{"uid":"([^"]+)"\}$/.exec(path)?.[1] ?? []);
}
