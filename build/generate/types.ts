import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { type Crd, readCrd, requiredOf, type Schema } from './crd.ts';
import type { Output } from './output.ts';

/** Objects that get a type of their own, by their path; all others are written where they stand. */
const typeNames: Readonly<Record<string, string>> = {
  'Certificate.spec': 'CertificateSpec',
  'Certificate.status': 'CertificateStatus',
  'Certificate.status.conditions[]': 'Condition',
  'Issuer.spec': 'IssuerSpec',
  'Issuer.status': 'IssuerStatus',
};

/** Types that stand in another file. */
const importedTypes: Readonly<Record<string, string>> = { 'Issuer.status.conditions[]': 'Condition' };

/** The TypeScript types of our kinds, made from their schemas. That of the Issuer serves the ClusterIssuer as well. */
export async function types(crds: string): Promise<Output[]> {
  const certificate = await declarations(readCrd(`${crds}/certificates.yaml`), []);
  const issuer = await declarations(readCrd(`${crds}/issuers.yaml`), [
    "import type { Condition } from './certificate.ts';",
  ]);
  return [
    { path: 'src/api/generated/certificate.ts', text: certificate },
    { path: 'src/api/generated/issuer.ts', text: issuer },
  ];
}

function declarations({ kind, schema }: Crd, imports: readonly string[]): Promise<string> {
  const head = [
    '// Made from crds/ by npm run generate; edit the schema there.',
    ...imports,
    "import type { ObjectMeta } from '../metadata.ts';",
    '',
  ].join('\n');
  return compile(objectOf(kind, schema), kind, {
    additionalProperties: false,
    bannerComment: head,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 120 },
  });
}

function objectOf(kind: string, schema: Schema): JSONSchema {
  return {
    title: kind,
    ...(schema.description === undefined ? {} : { description: schema.description }),
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', ...requiredOf(schema)],
    properties: {
      apiVersion: { description: 'evercert.dev/v1', type: 'string' },
      kind: { description: kind, type: 'string' },
      metadata: { description: "The object's metadata.", tsType: 'ObjectMeta' },
      ...propertiesOf(kind, schema),
    },
  };
}

function propertiesOf(path: string, schema: Schema): Record<string, JSONSchema> {
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, property]) => [name, typed(`${path}.${name}`, property)]),
  );
}

/** A schema of the API server as one of json-schema-to-typescript. */
function typed(path: string, schema: Schema): JSONSchema {
  const described = schema.description === undefined ? {} : { description: schema.description };
  const imported = importedTypes[path];
  if (imported !== undefined) return { ...described, tsType: imported };
  if (schema.type === undefined) throw new Error(`${path} has no type`);
  if (schema.type === 'object') return { ...described, ...typedObject(path, schema) };
  if (schema.type === 'array') return { ...described, type: 'array', items: typed(`${path}[]`, schema.items ?? {}) };
  return { ...described, type: schema.type, ...(schema.enum === undefined ? {} : { enum: [...schema.enum] }) };
}

function typedObject(path: string, schema: Schema): JSONSchema {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return { tsType: 'Record<string, unknown>' };
  if (schema.additionalProperties !== undefined) {
    return { type: 'object', additionalProperties: typed(`${path}{}`, schema.additionalProperties) };
  }
  if (schema.properties === undefined) return { tsType: 'Record<string, never>' };
  const title = typeNames[path];
  return {
    ...(title === undefined ? {} : { title }),
    type: 'object',
    required: requiredOf(schema),
    properties: propertiesOf(path, schema),
  };
}
