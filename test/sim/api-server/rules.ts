import { isIP } from 'node:net';
import { Environment } from '@marcbachmann/cel-js';
import { forbidden, invalidValue, required } from './causes.ts';
import { equal, isList, isObject, type Json, objectOf } from './json.ts';
import { correlated, fieldSchema, itemSchema, type Rule, type Schema } from './schema.ts';
import type { Cause } from './status.ts';

/** What CEL's `url()` gives. */
class CelUrl {
  readonly url: URL;

  constructor(url: URL) {
    this.url = url;
  }
}

/** CEL with those functions of Kubernetes' own library that the CRDs here use (apiserver/pkg/cel/library). */
const environment = new Environment()
  .registerVariable('self', 'dyn')
  .registerType('URL', CelUrl)
  .registerFunction('isIP(string): bool', (text: string) => isIP(text) > 0)
  .registerFunction('isURL(string): bool', (text: string) => URL.canParse(text))
  .registerFunction('url(string): URL', (text: string) => new CelUrl(new URL(text)))
  .registerFunction('URL.getScheme(): string', ({ url }: CelUrl) => url.protocol.slice(0, -1))
  .registerFunction('URL.getHostname(): string', ({ url }: CelUrl) => url.hostname);

type Program = (context: { readonly self: unknown }) => unknown;

const programs = new Map<string, Program>();
const withRules = new WeakMap<Schema, boolean>();

/**
 * The `x-kubernetes-validations` that a value breaks. What is the same as before is not looked at (ratcheting); rules with
 * `oldSelf` and messageExpression are not known here, and neither are costs.
 */
export function checkRules(schema: Schema, value: Json, before: Json | undefined, path: string): readonly Cause[] {
  if (value === null || !hasRules(schema) || equal(value, before)) return [];
  const causes = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) => checkRule(schema, rule, value, path));
  if (isList(value)) {
    const items = itemSchema(schema);
    const old = correlated(schema, before);
    return [...causes, ...value.flatMap((item, index) => checkRules(items, item, old(item), `${path}[${index}]`))];
  }
  if (!isObject(value)) return causes;
  const old = objectOf(before);
  const inner = Object.entries(value).flatMap(([field, each]) => {
    const declared = fieldSchema(schema, field);
    if (declared === undefined || each === undefined) return [];
    return checkRules(declared, each, old[field], path === '' ? field : `${path}.${field}`);
  });
  return [...causes, ...inner];
}

function checkRule(schema: Schema, rule: Rule, value: Json, path: string): readonly Cause[] {
  const field = `${path}${rule.fieldPath ?? ''}`;
  const why = rule.message ?? `failed rule: ${rule.rule.trim()}`;
  try {
    if (programOf(rule.rule)({ self: celValue(schema, value) }) === true) return [];
  } catch (error) {
    // A time zone that is unknown, say. The real one shows the type in place of the value.
    return [invalidValue(field, schema.type, `${String(error)} evaluating rule: ${why}`)];
  }
  if (rule.reason === 'FieldValueForbidden') return [forbidden(field, why)];
  if (rule.reason === 'FieldValueRequired') return [required(field, why)];
  return [invalidValue(field, isList(value) || isObject(value) ? undefined : value, why)];
}

function programOf(rule: string): Program {
  const known = programs.get(rule) ?? environment.parse(rule);
  programs.set(rule, known);
  return known;
}

/** Integers of the schema are CEL's int; all other numbers are its double. */
function celValue(schema: Schema, value: Json): unknown {
  if (typeof value === 'number') return schema.type === 'integer' ? BigInt(value) : value;
  if (isList(value)) return value.map((item) => celValue(itemSchema(schema), item));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([field, inner]) => [
    field,
    celValue(fieldSchema(schema, field) ?? {}, inner ?? null),
  ]);
  return Object.fromEntries(entries);
}

function hasRules(schema: Schema): boolean {
  const known = withRules.get(schema);
  if (known !== undefined) return known;
  withRules.set(schema, false); // a model that contains itself
  const inner = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  const found =
    schema['x-kubernetes-validations'] !== undefined || inner.some((each) => each !== undefined && hasRules(each));
  withRules.set(schema, found);
  return found;
}
