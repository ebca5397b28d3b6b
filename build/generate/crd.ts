import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** The part of a structural schema that is read here (apiextensions.k8s.io/v1, JSONSchemaProps). */
export interface Schema {
  readonly description?: string;
  readonly type?: 'array' | 'boolean' | 'integer' | 'number' | 'object' | 'string';
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

/** A CEL rule and what it says to whom it refuses. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  /** The field that the rule speaks of, from where it stands: `.policy`. */
  readonly fieldPath?: string;
}

/** One version of a CustomResourceDefinition, as far as it is read here. */
export interface Crd {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly columns: readonly Column[];
  readonly selectableFields: readonly string[];
  readonly schema: Schema;
}

interface Column {
  readonly name: string;
  readonly description: string;
  readonly jsonPath: string;
  readonly priority?: number;
}

interface CrdFile {
  readonly spec: {
    readonly group: string;
    readonly scope: 'Cluster' | 'Namespaced';
    readonly names: { readonly plural: string; readonly kind: string; readonly shortNames: readonly string[] };
    readonly versions: readonly {
      readonly name: string;
      readonly additionalPrinterColumns: readonly Column[];
      readonly selectableFields?: readonly { readonly jsonPath: string }[];
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** Reads a CRD from its YAML. Throws where it has not exactly one version. */
export function readCrd(path: string): Crd {
  // the API server checks the rest, in the integration tests
  const { spec } = parse(readFileSync(path, 'utf8')) as CrdFile;
  const [version, ...others] = spec.versions;
  if (version === undefined || others.length > 0) throw new Error(`${path} has to have exactly one version`);
  return {
    group: spec.group,
    version: version.name,
    ...spec.names,
    namespaced: spec.scope === 'Namespaced',
    columns: version.additionalPrinterColumns,
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
    schema: version.schema.openAPIV3Schema,
  };
}

/** The fields that every stored object has: those under `required`, and those that a rule `has(self.field)` demands. */
export function requiredOf(schema: Schema): string[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  return [...(schema.required ?? []), ...rules.flatMap(({ rule }) => /^has\(self\.(\w+)\)$/.exec(rule)?.[1] ?? [])];
}
