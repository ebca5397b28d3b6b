import { createHash } from 'node:crypto';
import type { Versioned } from './sources.ts';

/** What a cache holds, or what a list shows, by key. */
export type Contents = ReadonlyMap<string, Versioned>;

/** Contents as they travel: the version of each object and a digest of its row, by key. */
export type Fingerprints = Readonly<Record<string, string>>;

/** The fingerprint of all that a cache holds. Equal for equal contents, whatever the order of keys, also within rows. */
export function fingerprint(contents: Contents): string {
  const lines = Object.entries(fingerprints(contents)).map(([key, text]) => `${key} ${text}`);
  return digest(lines.toSorted().join('\n'));
}

/** The fingerprint of each object. */
export function fingerprints(contents: Contents): Fingerprints {
  return Object.fromEntries(
    [...contents].map(([key, { resourceVersion, row }]) => [key, `${resourceVersion} ${digest(canonical(row))}`]),
  );
}

/** What of a cache is not as a fresh list shows it: a sentence for each object, at most `limit`. */
export function differences(cached: Fingerprints, fresh: Fingerprints, limit = 10): string[] {
  const keys = [...new Set([...Object.keys(cached), ...Object.keys(fresh)])].toSorted();
  const found = keys.flatMap((key) => {
    const [has, should] = [cached[key], fresh[key]];
    if (has === should) return [];
    if (has === undefined) return [`${key} is missing, it should be at ${versionOf(should)}`];
    if (should === undefined) return [`${key} is still there at ${versionOf(has)}`];
    if (versionOf(has) === versionOf(should)) return [`${key} has another row at ${versionOf(has)}`];
    return [`${key} is at ${versionOf(has)}, not at ${versionOf(should)}`];
  });
  return found.length > limit ? [...found.slice(0, limit), `and ${found.length - limit} more`] : found;
}

function versionOf(text = ''): string {
  return text.slice(0, text.indexOf(' '));
}

function digest(text: string): string {
  return createHash('sha1').update(text).digest('base64url');
}

/** JSON in which the order of keys says nothing: lists and watches give them in different orders. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
