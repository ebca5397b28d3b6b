import { forbidden, immutable, invalidValue, required } from './causes.ts';
import { at, equal, type JsonObject, listOf, objectOf } from './json.ts';
import type { Cause } from './status.ts';

type Check = (object: JsonObject, before: JsonObject | undefined) => readonly Cause[];

/** What is refused of an object of a kind that is built in; what Evercert could run into, not all that the API server knows. */
export function checksOf(kind: string): Check {
  switch (kind) {
    case 'Secret':
      return checkSecret;
    case 'ConfigMap':
      return (object, before) => [...checkFrozen(object, before, ['data', 'binaryData']), ...checkKeys(object)];
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
      return checkWorkload;
    default:
      return () => [];
  }
}

const checkSecret: Check = (object, before) => {
  const causes: Cause[] = [];
  const { type } = object;
  if (before !== undefined && before['type'] !== type) causes.push(immutable('type', type ?? ''));
  causes.push(...checkFrozen(object, before, ['data']), ...checkKeys(object));
  const data = objectOf(object['data']);
  const needed = type === 'kubernetes.io/tls' ? ['tls.crt', 'tls.key'] : [];
  return [...causes, ...needed.filter((key) => data[key] === undefined).map((key) => required(`data[${key}]`))];
};

function checkFrozen(object: JsonObject, before: JsonObject | undefined, fields: readonly string[]): readonly Cause[] {
  if (before?.['immutable'] !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  const changed = fields.filter((field) => !equal(object[field], before[field]));
  const causes = changed.map((field) => forbidden(field, why));
  return object['immutable'] === true ? causes : [forbidden('immutable', why), ...causes];
}

const key = /^[-._a-zA-Z0-9]+$/;

function checkKeys(object: JsonObject): readonly Cause[] {
  const why =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
  return Object.keys(objectOf(object['data']))
    .filter((name) => !key.test(name))
    .map((name) => invalidValue(`data[${name}]`, name, why));
}

const checkWorkload: Check = (object, before) => {
  const selector = at(object, ['spec', 'selector']);
  const causes: Cause[] = [];
  if (selector === undefined) causes.push(required('spec.selector'));
  const labels = objectOf(at(object, ['spec', 'template', 'metadata', 'labels']));
  const wanted = Object.entries(objectOf(at(selector, ['matchLabels'])));
  if (selector === undefined || wanted.some(([name, value]) => labels[name] !== value)) {
    causes.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  }
  if (listOf(at(object, ['spec', 'template', 'spec', 'containers'])).length === 0) {
    causes.push(required('spec.template.spec.containers'));
  }
  if (before !== undefined && !equal(at(before, ['spec', 'selector']), selector)) {
    causes.push(immutable('spec.selector', selector ?? null));
  }
  return causes;
};
