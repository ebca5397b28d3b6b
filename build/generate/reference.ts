import { type Crd, readCrd, requiredOf, type Schema } from './crd.ts';
import type { Output } from './output.ts';

interface Field {
  readonly path: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** docs/reference/api.md: every field of our kinds, and every sentence with which the API server refuses an object. */
export function reference(crds: string): Output {
  const certificate = readCrd(`${crds}/certificates.yaml`);
  const issuer = readCrd(`${crds}/issuers.yaml`);
  const text = [
    '<!-- Made from crds/ by npm run generate; edit the descriptions there. -->',
    '# API reference',
    '',
    'The kinds of `evercert.dev/v1`. The same is shown by `kubectl explain`, as in `kubectl explain evcert.spec.dnsNames`.',
    'Fields that cert-manager has are called as there. *Without effect* means that a field is accepted, so that a manifest',
    'of cert-manager can be applied, and does nothing; *refused* that it can be declared, and that applying it is answered',
    'with the sentence listed below the table.',
    '',
    ...chapter(certificate),
    ...chapter(issuer),
    '## ClusterIssuer',
    '',
    'Short name `evciss`, of the whole cluster. The fields are those of the Issuer. The Secrets that it names lie in the',
    "operator's namespace.",
    '',
  ].join('\n');
  return { path: 'docs/reference/api.md', text };
}

function chapter(crd: Crd): string[] {
  const scope = crd.namespaced ? 'namespaced' : 'of the whole cluster';
  const fields = fieldsOf('', crd.schema);
  return [
    `## ${crd.kind}`,
    '',
    `Short names ${crd.shortNames.map((name) => `\`${name}\``).join(', ')}; ${scope}. ${crd.schema.description ?? ''}`,
    '',
    '### Columns of kubectl get',
    '',
    ...table(
      ['Column', 'Shows', 'From'],
      crd.columns.map(({ name, description, jsonPath, priority = 0 }) => [
        priority === 0 ? name.toUpperCase() : `${name.toUpperCase()} (wide)`,
        description,
        `\`${jsonPath}\``,
      ]),
    ),
    ...(crd.selectableFields.length === 0
      ? []
      : [`Field selectors: ${crd.selectableFields.map((path) => `\`${path.slice(1)}\``).join(', ')}.`, '']),
    ...section(crd, fields, 'spec'),
    '#### Refused',
    '',
    ...refusals(fields),
    '',
    ...section(crd, fields, 'status'),
  ];
}

function section(crd: Crd, fields: readonly Field[], part: 'spec' | 'status'): string[] {
  return [
    `### ${crd.kind}.${part}`,
    '',
    crd.schema.properties?.[part]?.description ?? '',
    '',
    ...table(
      ['Field', 'Type', 'Description'],
      fields
        .filter(({ path }) => path.startsWith(`${part}.`))
        .map(({ path, schema, isRequired }) => [`\`${path}\``, typeOf(schema), describe(schema, isRequired)]),
    ),
  ];
}

/** Every field below a schema, depth first, in the order in which the schema has them. */
function fieldsOf(path: string, schema: Schema): Field[] {
  const required = requiredOf(schema);
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const own = path === '' ? name : `${path}.${name}`;
    const deeper = property.items === undefined ? fieldsOf(own, property) : fieldsOf(`${own}[]`, property.items);
    return [{ path: own, schema: property, isRequired: required.includes(name) }].concat(deeper);
  });
}

function refusals(fields: readonly Field[]): string[] {
  return fields.flatMap(({ path, schema }) => [
    ...sentences(path, schema),
    ...(schema.items === undefined ? [] : sentences(`${path}[]`, schema.items)),
  ]);
}

function sentences(path: string, schema: Schema): string[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  return rules.map(({ message, fieldPath = '' }) => `- \`${path}${fieldPath}\`: ${message}`);
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(' or ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  if (schema.additionalProperties !== undefined) return `map of ${typeOf(schema.additionalProperties)}`;
  return schema.format === 'date-time' ? 'date' : (schema.type ?? '');
}

function describe({ description = '', default: fallback }: Schema, isRequired: boolean): string {
  const shown = ['string', 'number', 'boolean'].includes(typeof fallback) ? ` Default: \`${String(fallback)}\`.` : '';
  return `${isRequired ? '**Required.** ' : ''}${description}${shown}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line), ''];
}
