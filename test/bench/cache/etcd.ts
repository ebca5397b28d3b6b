import { etcdURL } from '../../kit/cluster/control-plane.ts';
import type { Entry } from './fleet.ts';

/** Operations of one transaction: etcd takes 128 of them and 1.5 MiB. */
const batchSize = 64;
const loadsInFlight = 3;
const changesInFlight = 32;

/**
 * Writes new objects straight into etcd, in place of the API server: through it 200,000 objects would take half an hour. The API
 * server sees them as it sees what its peers write, and serves them as its own.
 *
 * @throws Error when etcd refuses.
 */
export async function load(entries: Iterable<Entry>): Promise<void> {
  await inParallel(loadsInFlight, batchesOf(entries), put);
}

/**
 * Changes objects of several kinds, those of one group in one revision. No two of a kind may share one, which the API server never
 * makes: it is what their watches resume at.
 */
export async function change(groups: Iterable<readonly Entry[]>): Promise<void> {
  await inParallel(changesInFlight, groups, put);
}

async function put(entries: readonly Entry[]): Promise<void> {
  await ask('/v3/kv/txn', { success: entries.map((entry) => ({ requestPut: putOf(entry) })) });
}

async function inParallel<T>(workers: number, all: Iterable<T>, work: (one: T) => Promise<unknown>): Promise<void> {
  const left = Iterator.from(all);
  const worker = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

/** Lets etcd forget all but the newest version of each object, so that it never grows beyond its quota. */
export async function compact(): Promise<void> {
  const { header } = (await ask('/v3/kv/range', { key: encoded('/') })) as { header: { revision: string } };
  await ask('/v3/kv/compaction', { revision: header.revision, physical: true });
}

function* batchesOf(entries: Iterable<Entry>): Generator<readonly Entry[], void, void> {
  let batch: Entry[] = [];
  for (const entry of entries) {
    batch.push(entry);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function putOf({ key, json }: Entry): object {
  return { key: encoded(key), value: encoded(json) };
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}

async function ask(path: string, body: object): Promise<unknown> {
  const answer = await fetch(`${etcdURL}${path}`, { method: 'POST', body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`etcd answered ${answer.status} to ${path}: ${text.slice(0, 200)}`);
  return JSON.parse(text);
}
