import { invalidValue } from './causes.ts';
import { isObject, type Json, type JsonObject, objectOf, textOf } from './json.ts';
import { typeMetaOf } from './kinds.ts';
import { metadataOf, withMeta } from './objects.ts';
import type { Write } from './registry.ts';
import { badRequest, invalid, Refusal } from './status.ts';
import { pruned, typeErrors, unknownFields } from './typed-check.ts';

/**
 * Refuses a body that is not for what it is addressed to.
 *
 * @throws Refusal 400.
 */
export function checkAddress({ kind, body, name, namespace }: Write): void {
  if (body['kind'] !== kind.resource.kind || body['apiVersion'] !== typeMetaOf(kind).apiVersion) {
    throw badRequest(`invalid object type: ${typeText(body)}`);
  }
  const meta = metadataOf(body);
  if (meta['namespace'] !== undefined && meta['namespace'] !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (meta['name'] !== undefined && meta['name'] !== name) {
    throw badRequest(`the name of the object (${textOf(meta['name'])}) does not match the name on the URL (${name})`);
  }
}

/**
 * The body of an apply, if it can be typed.
 *
 * @throws Refusal 500 for a field that is not declared or of another type, as the API server answers it; 400 with managedFields.
 */
export function appliedBody({ kind, body }: Write): JsonObject {
  if (metadataOf(body)['managedFields'] !== undefined) throw badRequest('metadata.managedFields must be nil');
  const errors = typeErrors(kind.schema, body);
  if (errors.length > 0) throw new Refusal(500, undefined, untyped(body, errors));
  return body;
}

/**
 * An object as it was sent whole, with its defaults.
 *
 * @throws Refusal 400 for a field that is not declared, when asked to be strict; such fields are dropped otherwise.
 */
export function decodedBody(write: Write): JsonObject {
  const { kind, body } = write;
  const unknown = unknownFields(kind.schema, body);
  if (write.strict && unknown.length > 0) {
    const { version, kind: name } = kind.resource;
    const why = `strict decoding error: ${unknown.join(', ')}`;
    throw badRequest(`${name} in version ${JSON.stringify(version)} cannot be handled as a ${name}: ${why}`);
  }
  return complete(write, body, unknown);
}

/**
 * An object with a merge patch put over it.
 *
 * @throws Refusal 422 for a field that is not declared, when asked to be strict; such fields are dropped otherwise.
 */
export function patchedBody(write: Write, before: JsonObject): JsonObject {
  const body = objectOf(mergePatched(before, write.body));
  const unknown = unknownFields(write.kind.schema, body);
  if (write.strict && unknown.length > 0) {
    const why = `strict decoding error: ${unknown.join(', ')}`;
    throw invalid({ group: '', kind: '', name: '' }, [invalidValue('patch', JSON.stringify(body), why)]);
  }
  return complete(write, body, unknown);
}

function complete({ kind, namespace }: Write, body: JsonObject, unknown: readonly string[]): JsonObject {
  const known = unknown.length > 0 ? (pruned(kind.schema, body) as JsonObject) : body;
  return kind.prepare(withMeta(known, 'namespace', namespace), undefined);
}

/** `target` with a merge patch put over it (RFC 7386). */
export function mergePatched(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const out: Record<string, Json | undefined> = { ...objectOf(target) };
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined || value === null) delete out[field];
    else out[field] = mergePatched(out[field], value);
  }
  return out;
}

/** `group/version, Kind=kind`, as Go writes it. */
function typeText({ apiVersion, kind }: JsonObject): string {
  const version = textOf(apiVersion);
  return `${version.includes('/') ? version : `/${version}`}, Kind=${textOf(kind)}`;
}

function untyped(body: JsonObject, errors: readonly string[]): string {
  const { namespace, name } = metadataOf(body);
  const [first = ''] = errors;
  const said = errors.length === 1 ? first : `errors:\n${errors.map((each) => `  ${each}`).join('\n')}`;
  return `failed to create typed patch object (${textOf(namespace)}/${textOf(name)}; ${typeText(body)}): ${said}`;
}
