import { setTimeout as pause } from 'node:timers/promises';
import type { Case, Samples, Trial } from '../benchmark.ts';
import { sizeOf } from './cases.ts';
import { compact } from './etcd.ts';
import type { Ground } from './ground.ts';
import type { MeasuredProcess } from './process.ts';

/** A program that keeps every Certificate and its Secret in memory, as a trial sees it. */
export interface Follower {
  readonly process: MeasuredProcess;
  /** Whether both caches are whole. */
  isSynced(): Promise<boolean>;
  /** Changed objects of both kinds that it was told of since its start. */
  changes(): Promise<number>;
  /** The whole lists that it has read: of the kind of which it has read fewer. */
  lists(): Promise<number>;
  /** What it writes while nothing changes; measured last. */
  idleWrites(): Promise<number>;
}

/** The kinds that are followed, as the API server names them. */
export const plurals = ['certificates', 'secrets'] as const;

const lookMs = 50;
/** While processor time is measured, which the look itself takes too. */
const seldomMs = 500;
/** After the lists, before memory counts as steady. */
const settleMs = 10_000;
const syncLimitMs = 300_000;
/** Objects that are touched before it is waited until they were seen: a watch that lags far behind is cut by the API server. */
const touchStep = 2_000;

/** A round starts the program anew: lists, rests, sees every object touched, is told that its watches are too old. */
export function followed(
  ground: Ground,
  start: () => Promise<Follower & AsyncDisposable>,
): (of: Case) => Promise<Trial> {
  return async (of) => {
    const size = sizeOf(of);
    await ground.grow(size);
    return {
      async round() {
        await ground.renew();
        await using follower = await start();
        return await measured(ground, follower, size); // it ends when this is measured
      },
      async [Symbol.asyncDispose]() {},
    };
  };
}

async function measured(ground: Ground, follower: Follower, size: number): Promise<Samples> {
  const { process } = follower;
  await until(follower, 'it is synced', () => follower.isSynced());
  const syncedMs = performance.now() - process.startedMs;
  await pause(settleMs);
  const { rssMiB } = process.memory();
  const touch = await touched(ground, follower, size);
  const relistMs = await relisted(ground, follower);
  await pause(settleMs / 2);
  const { stallMs, stallCpuMs } = await process.usage();
  const { peakMiB } = process.memory();
  return {
    synced_ms: [syncedMs],
    rss_mib: [rssMiB],
    peak_rss_mib: [peakMiB],
    stall_ms: [stallMs],
    stall_cpu_ms: [stallCpuMs],
    relist_ms: [relistMs],
    touch_cpu_ms: [touch],
    touched: [2 * size],
    idle_writes: [await follower.idleWrites()],
  };
}

/** Processor time of the program, in ms, for a change of every object that means nothing, less what it takes at rest. */
async function touched(ground: Ground, follower: Follower, size: number): Promise<number> {
  const { process } = follower;
  const before = await process.usage();
  const seen = await follower.changes();
  for (let first = 0; first < size; first += touchStep) {
    const last = Math.min(first + touchStep, size);
    await ground.touch(first, last);
    await until(
      follower,
      'it sees what was touched',
      async () => (await follower.changes()) - seen >= 2 * last,
      seldomMs,
    );
  }
  const after = await process.usage();
  await compact();
  return after.cpuMs - before.cpuMs;
}

/** From the 410 until both lists were taken in anew. */
async function relisted({ relay }: Ground, follower: Follower): Promise<number> {
  const lists = await follower.lists();
  const expiredAt = await relay.expire(plurals);
  await until(follower, 'it has listed anew', async () => (await follower.lists()) > lists);
  return performance.now() - expiredAt;
}

async function until(
  { process }: Follower,
  what: string,
  holds: () => Promise<boolean>,
  everyMs = lookMs,
): Promise<void> {
  const deadline = performance.now() + syncLimitMs;
  while (!(await holds())) {
    process.assertRuns();
    if (performance.now() > deadline) throw new Error(`waited ${syncLimitMs / 1000} s until ${what}`);
    await pause(everyMs);
  }
}
