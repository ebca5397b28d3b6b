import type { Answer } from '../../../src/kube/transport.ts';
import { isList, isObject, type Json, type JsonObject, listOf, objectOf } from '../../sim/api-server/json.ts';

/** An answer in the form in which those of two servers are compared. */
export interface NormalAnswer {
  readonly code: number;
  readonly body: Json;
}

const uid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const time = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z/g;

/**
 * Puts names in the place of what no two servers have in common: uids and resourceVersions are numbered in the order in which
 * they are first seen (so that it is compared which of them are the same), times, namespace and group are named. What has no
 * order of its own (managers, causes, the parts of a message) is sorted.
 */
export class Normalizer {
  readonly #names: Readonly<Record<string, string>>;
  readonly #uids = new Map<string, string>();
  readonly #versions = new Map<string, string>();

  /** @param names - what to write instead of what, such as the namespace of the test. */
  constructor(names: Readonly<Record<string, string>>) {
    this.#names = names;
  }

  answer({ code, text }: Answer): NormalAnswer {
    return { code, body: this.json(parsed(text)) };
  }

  json(value: Json, field = ''): Json {
    if (typeof value === 'string') return this.#text(value, field);
    if (isList(value)) return this.#list(value, field);
    if (!isObject(value)) return value;
    const entries = Object.entries(withoutOthers(value)).map(
      ([key, inner]) => [this.#named(key), this.json(inner ?? null, key)] as const,
    );
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  #list(items: readonly Json[], field: string): Json {
    const normal = items.map((item) => this.json(item));
    if (field !== 'managedFields' && field !== 'causes') return normal;
    return normal.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }

  #text(text: string, field: string): Json {
    if (field === 'resourceVersion' && text !== '') return numbered(this.#versions, text, 'version');
    if (field === 'continue') return text === '' ? '' : 'token';
    const named = this.#named(text);
    return field === 'message'
      ? named
          .split(/\n|, | is invalid: |[[\]]/)
          .toSorted()
          .join('\n')
      : named;
  }

  #named(text: string): string {
    let named = text
      .replace(uid, (found) => numbered(this.#uids, found, 'uid'))
      .replace(time, 'time')
      .replace(/in record \(\d+\)/, 'in record');
    for (const [from, to] of Object.entries(this.#names)) named = named.replaceAll(from, to);
    return named;
  }
}

/**
 * Leaves out what others write meanwhile: a list's own resourceVersion moves with every object there is, and a controller
 * writes the status of a StatefulSet.
 */
function withoutOthers(object: JsonObject): JsonObject {
  const metadata = objectOf(object['metadata']);
  if ('items' in object) return { ...object, metadata: { ...metadata, resourceVersion: '' } };
  const managers = listOf(metadata['managedFields']).map(objectOf);
  if (!managers.some(({ apiVersion }) => apiVersion === 'apps/v1')) return object;
  const own = managers.filter(({ manager }) => manager !== 'kube-controller-manager');
  const quiet = { ...object, metadata: { ...metadata, managedFields: own, resourceVersion: '' } };
  return 'status' in object ? { ...quiet, status: {} } : quiet;
}

function numbered(known: Map<string, string>, value: string, name: string): string {
  const found = known.get(value) ?? `${name}-${known.size + 1}`;
  known.set(value, found);
  return found;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
