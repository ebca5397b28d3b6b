import { forbidden, immutable, invalidValue, required } from './causes.ts';
import { equal, type JsonObject, listOf, objectOf, textOf } from './json.ts';
import { metadataOf } from './objects.ts';
import type { Cause } from './status.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const notSubdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const notLabelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const labelKey = /^([a-z0-9.-]{1,253}\/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;
const notLabelKey =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const longestName = 253;
const longestLabel = 63;

/** What is refused of `metadata`, whatever the kind. */
export function checkMetadata(object: JsonObject, before: JsonObject | undefined): readonly Cause[] {
  const meta = metadataOf(object);
  return before === undefined ? [...checkName(meta), ...checkLabels(meta)] : checkUpdate(meta, metadataOf(before));
}

function checkName({ name }: JsonObject): readonly Cause[] {
  if (typeof name !== 'string' || name === '') return [required('metadata.name', 'name or generateName is required')];
  const causes: Cause[] = [];
  if (name.length > longestName) {
    causes.push(invalidValue('metadata.name', name, `must be no more than ${longestName} bytes`));
  }
  return subdomain.test(name) ? causes : [...causes, invalidValue('metadata.name', name, notSubdomain)];
}

function checkLabels({ labels }: JsonObject): readonly Cause[] {
  return Object.entries(objectOf(labels)).flatMap(([key, value]) => {
    const text = textOf(value);
    const causes: Cause[] = labelKey.test(key) ? [] : [invalidValue('metadata.labels', key, notLabelKey)];
    if (text.length > longestLabel) {
      causes.push(invalidValue('metadata.labels', text, `must be no more than ${longestLabel} bytes`));
    }
    return labelValue.test(text) ? causes : [...causes, invalidValue('metadata.labels', text, notLabelValue)];
  });
}

/** What is being deleted can lose finalizers, and gain none. */
function checkFinalizers(meta: JsonObject, before: JsonObject): readonly Cause[] {
  if (before['deletionTimestamp'] === undefined) return [];
  const old = listOf(before['finalizers']);
  const added = listOf(meta['finalizers']).filter((name) => !old.includes(name));
  if (added.length === 0) return [];
  const found = added.map((name) => JSON.stringify(name)).join(', ');
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${found}}`;
  return [forbidden('metadata.finalizers', why)];
}

function checkUpdate(meta: JsonObject, before: JsonObject): readonly Cause[] {
  const changed = ['name', 'namespace', 'uid'].filter((field) => meta[field] !== before[field]);
  const causes = changed.map((field) => immutable(`metadata.${field}`, meta[field] ?? ''));
  causes.push(...checkFinalizers(meta, before));
  if (!equal(meta['labels'], before['labels'])) causes.push(...checkLabels(meta));
  return [...causes, ...causes]; // once for all kinds, and once for the kind
}
