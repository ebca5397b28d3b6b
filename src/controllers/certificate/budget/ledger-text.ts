import { createHash } from 'node:crypto';

/** The buckets of one CA that are not full: when each will be, in milliseconds since 1970, by its key. */
export type Buckets = ReadonlyMap<string, number>;

/** A ConfigMap holds 1 MiB: this many lines, of some 60 bytes, with room to spare. */
const mostLines = 12_000;
/** No known limit takes longer to refill; what lies further ahead was written by a wrong clock, or by hand. */
const furthestMs = 31 * 86_400_000;

/** The key of a CA's part, from the URL of its directory: its host for people, and a hash because a host may have two. */
export function partNameOf(directory: string): string {
  const host = (URL.parse(directory)?.host ?? 'unknown').replace(/[^a-zA-Z0-9.-]/g, '_').slice(0, 200);
  return `${host}-${createHash('sha256').update(directory).digest('hex').slice(0, 8)}`;
}

/**
 * The ledger as it is stored: a line for each bucket that is not full, `2026-06-01T00:00:00Z certificatesPerDomain shop.example`.
 * Where there are too many, those that are nearest to being full are left out: they say least.
 */
export function ledgerData(parts: ReadonlyMap<string, Buckets>, now: number): Record<string, string> {
  const every = [...parts].flatMap(([part, buckets]) =>
    [...buckets].flatMap(([key, fullAt]) => (fullAt > now ? [{ part, key, fullAt }] : [])),
  );
  const kept = every.toSorted((a, b) => b.fullAt - a.fullAt).slice(0, mostLines);
  const lines = Map.groupBy(kept, ({ part }) => part);
  const textOf = (part: string): string =>
    (lines.get(part) ?? [])
      .map(({ key, fullAt }) => `${secondOf(fullAt)} ${key}\n`)
      .toSorted()
      .join('');
  return Object.fromEntries([...parts.keys()].map((part) => [part, textOf(part)]));
}

/** Reads one part. Lines that make no sense are passed over: `unread` says how many. */
export function readBuckets(text: string, now: number): { readonly buckets: Buckets; readonly unread: number } {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const read = lines.flatMap((line): (readonly [string, number])[] => {
    const [, time = '', key] = /^(\d{4}-\S+Z) (\w+(?: \S+){0,2})$/.exec(line) ?? [];
    const fullAt = Date.parse(time);
    return key === undefined || Number.isNaN(fullAt) ? [] : [[key, Math.min(fullAt, now + furthestMs)]];
  });
  return { buckets: new Map(read), unread: lines.length - read.length };
}

/** Never earlier than what is meant. */
function secondOf(ms: number): string {
  return new Date(Math.ceil(ms / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
}
