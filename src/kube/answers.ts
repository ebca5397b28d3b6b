import { TransientError } from '../runtime/index.ts';
import type { Page } from './client.ts';
import { takeApart } from './list-text.ts';
import { apiVersionOf, type KubeObject } from './objects.ts';
import { type Call, describeCall, type Refusal, record } from './status.ts';
import type { Answer } from './transport.ts';

/**
 * Reads one object, and takes nothing that is not what was asked for.
 *
 * @throws TransientError otherwise: a proxy or an error page answers in the place of the API server.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the type that this kind has
export function readObject<T extends KubeObject>(call: Call, text: string): T {
  const object = parse(call, text);
  const { kind } = call.resource;
  if (!isObject(object) || object.kind !== kind || object.apiVersion !== apiVersionOf(call.resource)) {
    throw notUnderstood(call, `something else than a ${kind}`);
  }
  // group, version and kind are what the type stands for
  return object as T;
}

/**
 * Reads one page of a list, and gives its items the kind that lists leave out; each is parsed when it is read. Throws as
 * {@link readObject}, of an item when that is read.
 */
export function readPage(call: Call, text: string, metadataOnly: boolean): Page {
  const { resource } = call;
  const apart = takeApart(text);
  const list = record(parse(call, apart?.envelope ?? text));
  const kind = metadataOnly ? 'PartialObjectMetadataList' : `${resource.kind}List`;
  const metadata = record(list['metadata']);
  const resourceVersion = metadata['resourceVersion'];
  const items = list['items'] ?? []; // Go writes an empty list as null
  if (list['kind'] !== kind || typeof resourceVersion !== 'string' || !Array.isArray(items)) {
    throw notUnderstood(call, `something else than a ${kind}`);
  }
  const typed = apart === undefined ? items.map((item) => withKind(call, item)) : parsed(call, apart.items);
  const next = metadata['continue'];
  return { items: typed, resourceVersion, ...(typeof next === 'string' && next !== '' ? { continue: next } : {}) };
}

function* parsed(call: Call, texts: Iterable<string>): Generator<KubeObject, void, void> {
  for (const text of texts) yield withKind(call, parse(call, text));
}

/** The object of a watch event or of a list as one of the kind asked for, also where it came as metadata alone. */
export function withKind(call: Call, object: unknown): KubeObject {
  assertObject(call, object);
  return object;
}

/** Reads a refusal. Its body may be anything. */
export function readRefusal(answer: Answer): Refusal {
  const { code, retryAfter, text } = answer;
  try {
    return { code, retryAfter, body: JSON.parse(text) };
  } catch {
    return { code, retryAfter, body: undefined };
  }
}

/** The answer came, but it is not one that the API server gives. */
export function notUnderstood(call: Call, what: string, cause?: unknown): TransientError {
  return new TransientError(`${describeCall(call)}: the answer is ${what}`, { cause });
}

function parse(call: Call, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw notUnderstood(call, 'not JSON', error);
  }
}

/** Sets the kind in place: a copy of every object of a list would cost as much again. */
function assertObject(call: Call, value: unknown): asserts value is KubeObject {
  if (!hasMetadata(value)) throw notUnderstood(call, 'an object without a name');
  value.apiVersion = apiVersionOf(call.resource);
  value.kind = call.resource.kind;
}

function isObject(value: unknown): value is KubeObject {
  return hasMetadata(value) && typeof value.kind === 'string' && typeof value.apiVersion === 'string';
}

function hasMetadata(value: unknown): value is { metadata: { name: string }; kind?: unknown; apiVersion?: unknown } {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) return false;
  const { metadata } = value;
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata && typeof metadata.name === 'string';
}
