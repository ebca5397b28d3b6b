import { setTimeout as pause } from 'node:timers/promises';
import { type KubeClient, keyOf, type Source } from '../../src/kube/index.ts';
import { TransientError } from '../../src/runtime/index.ts';
import { type Contents, differences, fingerprint, fingerprints } from './contents.ts';
import type { Measure } from './messages.ts';
import { sources, type Versioned } from './sources.ts';
import type { SubjectProcess } from './subject-process.ts';

/** What a quiet point showed: nobody writes, and no fault is on. */
export interface QuietPoint {
  /** How long it took until every cache was as a fresh list shows it. */
  readonly equalAfterMs: number;
  /** Objects in all caches together. */
  readonly objects: number;
  /** The newest version that any list told. */
  readonly version: bigint;
  readonly measure: Measure;
  /** Versions that were written since the last one, and had to be told each. */
  readonly expected: number;
  /** A sentence for each. */
  readonly violations: readonly string[];
}

/** What has come to pass since the quiet point before. */
export interface Since {
  readonly point: QuietPoint;
  /** The versions written, by the plural of their kind. */
  readonly written: Readonly<Record<string, readonly string[]>>;
  /** Whether every watch could be resumed: then no cache had to list, and each version had to be told. */
  readonly keptHistory: boolean;
}

/** The longest back-off is 30 s, and a watch that died without a sound is given up after 75 s. */
const equalLimitMs = 100_000;
/** How long nothing may be listed or watched anew after that, and how long it may take after the API server was away. */
const restMs = 1_000;
const restLimitMs = 20_000;
/** Beside one for each cache: requests keep up to 16 connections, the Lease 2; some more timers belong to connections. */
const spareResources = 20;

/** Compares every cache of the subject with a fresh list by another client, and looks at what the subject holds on to. */
export async function quietPoint(client: KubeClient, subject: SubjectProcess, since?: Since): Promise<QuietPoint> {
  const begun = performance.now();
  const keptHistory = since?.keptHistory === true;
  const { fresh, violations } = await untilEqual(client, subject);
  const equalAfterMs = performance.now() - begun;
  const expected = since !== undefined && keptHistory ? newer(since) : {};
  const untold = await subject.ask({ ask: 'untold', written: expected });
  const { measure, restless } = await atRest(subject, keptHistory ? 0 : restLimitMs);
  return {
    equalAfterMs,
    objects: fresh.reduce((sum, { contents }) => sum + contents.size, 0),
    version: fresh.reduce((newest, { version }) => (version > newest ? version : newest), 0n),
    expected: Object.values(expected).reduce((sum, { length }) => sum + length, 0),
    measure,
    violations: [
      ...violations,
      ...missed(untold),
      ...(since !== undefined && keptHistory ? listed(since.point.measure, measure) : []),
      ...measure.findings,
      ...restless,
      ...held(measure),
    ],
  };
}

/**
 * Measures once nothing is listed or watched anew for a while. An API server that was away may end the watches that it has
 * just taken, so that this may take a few tries.
 */
async function atRest(
  subject: SubjectProcess,
  limitMs: number,
): Promise<{ readonly measure: Measure; readonly restless: readonly string[] }> {
  const deadline = performance.now() + limitMs;
  let before = await subject.ask({ ask: 'measure' });
  const findings = [...before.findings];
  for (;;) {
    await pause(restMs);
    const measure = await subject.ask({ ask: 'measure' });
    findings.push(...measure.findings);
    const restless = begunBetween(before, measure);
    if (restless.length === 0 || performance.now() > deadline) return { measure: { ...measure, findings }, restless };
    before = measure;
  }
}

/** An apply that changes nothing gives a version of long ago. */
function newer({ point, written }: Since): Since['written'] {
  const isNewer = (version: string): boolean => BigInt(version) > point.version;
  return Object.fromEntries(Object.entries(written).map(([plural, versions]) => [plural, versions.filter(isNewer)]));
}

function missed(untold: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(untold).flatMap(([name, versions]) =>
    versions.length === 0 ? [] : [`${name}: ${versions.length} events were missed, as that of ${versions[0]}`],
  );
}

function listed(then: Measure, now: Measure): string[] {
  return Object.keys(sources).flatMap((name) => {
    const lists = (now.lists[name] ?? 0) - (then.lists[name] ?? 0);
    return lists === 0 ? [] : [`${name}: ${lists} lists were begun, though every watch could be resumed`];
  });
}

interface Fresh {
  readonly contents: Contents;
  readonly version: bigint;
}

async function untilEqual(
  client: KubeClient,
  subject: SubjectProcess,
): Promise<{ readonly fresh: readonly Fresh[]; readonly violations: readonly string[] }> {
  const deadline = performance.now() + equalLimitMs;
  const unequal = new Set(Object.keys(sources));
  const fresh = new Map<string, Fresh>();
  for (;;) {
    for (const name of unequal) {
      const found = await freshList(client, sources[name]);
      if (found !== undefined) fresh.set(name, found);
    }
    const { caches, watches } = await subject.ask({ ask: 'look' });
    for (const [name, { contents }] of fresh) if (caches[name] === fingerprint(contents)) unequal.delete(name);
    if (unequal.size === 0 && watches === Object.keys(sources).length)
      return { fresh: [...fresh.values()], violations: [] };
    if (performance.now() > deadline) {
      const following = `${watches} of ${Object.keys(sources).length} watches are open`;
      const found = [...unequal].map((name) => differencesOf(subject, name, fresh.get(name)?.contents));
      return { fresh: [...fresh.values()], violations: [following, ...(await Promise.all(found))] };
    }
    await pause(200);
  }
}

/** Undefined when the API server does not answer yet. */
async function freshList(client: KubeClient, source: Source<Versioned> | undefined): Promise<Fresh | undefined> {
  if (source === undefined) return undefined;
  const contents = new Map<string, Versioned>();
  try {
    for (let next: { continue?: string } = {}; ; ) {
      const page = await client.list(source.resource, source, { limit: 500, ...next });
      for (const item of page.items) contents.set(keyOf(item.metadata), source.project(item));
      if (page.continue === undefined) return { contents, version: BigInt(page.resourceVersion) };
      next = { continue: page.continue };
    }
  } catch (error) {
    if (error instanceof TransientError) return undefined;
    throw error;
  }
}

async function differencesOf(subject: SubjectProcess, name: string, fresh: Contents | undefined): Promise<string> {
  if (fresh === undefined) return `${name}: the API server gave no list`;
  const cached = await subject.ask({ ask: 'objects', cache: name });
  return `${name} is not as a fresh list: ${differences(cached, fingerprints(fresh)).join('; ')}`;
}

/** A watch may end of age in any second; a list has no reason while nothing is wrong. */
function begunBetween(before: Measure, after: Measure): string[] {
  return Object.keys(sources).flatMap((name) => {
    const lists = (after.lists[name] ?? 0) - (before.lists[name] ?? 0);
    const watches = (after.watchesOpened[name] ?? 0) - (before.watchesOpened[name] ?? 0);
    if (lists === 0 && watches <= 1) return [];
    return [`${name}: ${lists} lists and ${watches} watches were begun while nothing was wrong`];
  });
}

function held({ sockets, timers, abortListeners }: Measure): string[] {
  const most = Object.keys(sources).length + spareResources;
  return Object.entries({ sockets, timers, 'listeners on the signal to end': abortListeners }).flatMap(
    ([what, count]) => (count > most ? [`${count} ${what} are held on to, more than ${most}`] : []),
  );
}
