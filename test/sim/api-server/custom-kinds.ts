import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { invalidValue } from './causes.ts';
import { coreSchema } from './core-schemas.ts';
import { canonical, withDefaults } from './defaults.ts';
import { type JsonObject, withField } from './json.ts';
import type { Kind } from './kinds.ts';
import { metadataOf } from './objects.ts';
import { checkRules } from './rules.ts';
import type { Schema } from './schema.ts';
import { checkSchema } from './schema-checks.ts';
import type { Cause } from './status.ts';

/** What is read of a CustomResourceDefinition: one version, without conversion. */
export interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced' | 'Cluster';
    readonly names: { readonly plural: string; readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly subresources?: { readonly status?: object };
      readonly selectableFields?: readonly { readonly jsonPath: string }[];
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** The kind of the CRD that stands in a YAML file. */
export function kindOfFile(path: string): Kind {
  return kindOfDefinition(parse(readFileSync(path, 'utf8')) as CustomResourceDefinition);
}

/**
 * The kind that a CRD defines.
 *
 * @throws Error when it has not exactly one version.
 */
export function kindOfDefinition({ spec }: CustomResourceDefinition): Kind {
  const [version, ...others] = spec.versions;
  if (version === undefined || others.length > 0) throw new Error(`${spec.names.plural} has not exactly one version`);
  const schema = wholeSchema(version.schema.openAPIV3Schema);
  const hasStatus = version.subresources?.status !== undefined;
  const fields = (version.selectableFields ?? []).map(({ jsonPath }) => [jsonPath.slice(1), ''] as const);
  return {
    resource: {
      group: spec.group,
      version: version.name,
      plural: spec.names.plural,
      kind: spec.names.kind,
      namespaced: spec.scope === 'Namespaced',
    },
    schema,
    empty: {},
    isCustom: true,
    hasStatus,
    generationIgnores: hasStatus ? ['metadata', 'status'] : ['metadata'],
    statusResets: [['f:metadata'], ['f:spec']],
    selectableFields: Object.fromEntries(fields),
    updatesUnconditionally: false,
    createsOnUpdate: false,
    prepare: (object, before) => prepared(schema, object, before),
    check: (object, before) => checked(schema, withField(object, 'metadata', undefined), before),
  };
}

/** Reasons of causes after which rules are not looked at any more. */
const blocking: ReadonlySet<unknown> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

function checked(schema: Schema, object: JsonObject, before: JsonObject | undefined): readonly Cause[] {
  const causes = checkSchema(schema, object, before, '');
  if (!causes.some(({ reason }) => blocking.has(reason))) return [...causes, ...checkRules(schema, object, before, '')];
  const why =
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
  return [...causes, invalidValue('<nil>', null, why)];
}

function wholeSchema(schema: Schema): Schema {
  const text: Schema = { type: 'string' };
  const properties = { ...schema.properties, apiVersion: text, kind: text, metadata: coreSchema('V1ObjectMeta') };
  return { ...schema, type: 'object', properties };
}

/** Metadata goes through the server's own type; the rest is only given its defaults. */
function prepared(schema: Schema, object: JsonObject, before: JsonObject | undefined): JsonObject {
  const metadata = canonical(
    coreSchema('V1ObjectMeta'),
    metadataOf(object),
    before === undefined ? undefined : metadataOf(before),
  );
  return withDefaults(schema, withField(object, 'metadata', metadata)) as JsonObject;
}
