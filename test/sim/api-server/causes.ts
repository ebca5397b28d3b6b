import type { Json } from './json.ts';
import type { Cause } from './status.ts';

/** A field is missing. */
export function required(field: string, why = ''): Cause {
  return { reason: 'FieldValueRequired', message: detailed('Required value', why), field };
}

/** A field has a value that it must not have; a value that is undefined is not told. */
export function invalidValue(field: string, value: Json | undefined, why: string): Cause {
  const what = value === undefined ? 'Invalid value' : `Invalid value: ${goJson(value)}`;
  return { reason: 'FieldValueInvalid', message: detailed(what, why), field };
}

/** A field has a value of another type. */
export function wrongType(field: string, is: string, wanted: string): Cause {
  const why = `${inBody(field)} must be of type ${wanted}: ${JSON.stringify(is)}`;
  const message = `Invalid value: ${JSON.stringify(is)}: ${why}`;
  return { reason: 'FieldValueTypeInvalid', message, field };
}

/** A field as the checks of a schema name it: a status is checked by itself. */
export function inBody(field: string): string {
  return `${field.replace(/^status\./, '')} in body`;
}

/** A field has a value that is none of the list. */
export function notSupported(field: string, value: Json, supported: readonly Json[]): Cause {
  const list = supported
    .map((each) => (typeof each === 'string' ? JSON.stringify(each) : JSON.stringify(goJson(each))))
    .join(', ');
  return {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${goJson(value)}: supported values: ${list}`,
    field,
  };
}

/** A field must not be set, or not now. */
export function forbidden(field: string, why: string): Cause {
  return { reason: 'FieldValueForbidden', message: detailed('Forbidden', why), field };
}

/** The value of a field can never change. */
export function immutable(field: string, value: Json): Cause {
  return invalidValue(field, value, 'field is immutable');
}

/** JSON as Go writes it: fields by name, and `<`, `>` and `&` escaped within structures, not within plain strings. */
function goJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const sorted = JSON.stringify(value, (_, inner: Json) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return sorted.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026');
}

function detailed(message: string, why: string): string {
  return why === '' ? message : `${message}: ${why}`;
}
