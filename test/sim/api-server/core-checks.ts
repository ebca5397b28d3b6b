import { forbidden, immutable, invalidValue, required } from './causes.ts';
import { at, equal, type JsonObject, listOf, objectOf, withField } from './json.ts';
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
  const labels = at(object, ['spec', 'template', 'metadata', 'labels']);
  const wanted = Object.entries(objectOf(at(selector, ['matchLabels'])));
  if (selector === undefined || wanted.some(([name, value]) => objectOf(labels)[name] !== value)) {
    causes.push(
      invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
    );
  }
  causes.push(...checkPodSpec(objectOf(at(object, ['spec', 'template', 'spec'])), 'spec.template.spec'));
  if (object['kind'] === 'StatefulSet') return [...causes, ...checkStatefulSet(object, before)];
  if (
    at(object, ['spec', 'strategy', 'type']) === 'Recreate' &&
    at(object, ['spec', 'strategy', 'rollingUpdate']) !== undefined
  ) {
    causes.push(forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'"));
  }
  if (before !== undefined && !equal(at(before, ['spec', 'selector']), selector)) {
    causes.push(immutable('spec.selector', selector ?? null));
  }
  return causes;
};

/** Sources of a volume, in the order in which the API server counts them. */
const volumeSources = ['emptyDir', 'hostPath', 'secret', 'downwardAPI', 'configMap', 'projected'];

function checkPodSpec(spec: JsonObject, path: string): readonly Cause[] {
  const containers = listOf(spec['containers']);
  const causes = containers.length === 0 ? [required(`${path}.containers`)] : [];
  for (const [index, volume] of listOf(spec['volumes']).entries()) {
    const surplus = volumeSources.filter((source) => objectOf(volume)[source] !== undefined).slice(1);
    const place = `${path}.volumes[${index}]`;
    causes.push(...surplus.map((source) => forbidden(`${place}.${source}`, 'may not specify more than 1 volume type')));
  }
  for (const [index, container] of containers.entries()) {
    if (objectOf(container)['image'] === undefined) causes.push(required(`${path}.containers[${index}].image`));
  }
  return causes;
}

const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function checkStatefulSet(object: JsonObject, before: JsonObject | undefined): readonly Cause[] {
  if (before === undefined) return [];
  const rest = (of: JsonObject): JsonObject =>
    changeable.reduce((spec, field) => withField(spec, field, undefined), objectOf(of['spec']));
  if (equal(rest(object), rest(before))) return [];
  const fields = changeable.map((field) => `'${field}'`);
  const why = `updates to statefulset spec for fields other than ${fields.slice(0, -1).join(', ')} and ${fields.at(-1)} are forbidden`;
  return [forbidden('spec', why)];
}
