import { setTimeout as pause } from 'node:timers/promises';
import type { Call } from '../../chaos/proxy/index.ts';
import { within } from '../../kit/until.ts';
import type { Case, Samples, Subject, Trial } from '../benchmark.ts';
import { type Site, secretNameOf } from '../site.ts';
import { type Failover, failoverOf } from './cases.ts';
import { samplesOf } from './figures.ts';
import { Load } from './load.ts';
import { isSuccess } from './replica.ts';
import type { Replicas, Takeover } from './replicas.ts';
import { StaleWrites } from './stale-writes.ts';

const frozenMs = 60_000;
const endLimitMs = 30_000;
/** How long after its end, or after it wakes, a leader is watched for writes that it should not make. */
const aftermathMs = 1_000;

interface Parts {
  readonly site: Site;
  readonly replicas: Replicas;
  readonly load: Load;
}

/** Evercert: two operators that are elected over a Lease. */
export function evercert(parts: Parts & AsyncDisposable): Subject {
  let frozen = 0;
  const rounds: Readonly<Record<Failover['how'], () => Promise<Samples>>> = {
    graceful: () => ended(parts, 'SIGTERM'),
    crash: () => ended(parts, 'SIGKILL'),
    frozen: () => {
      frozen += 1;
      return frozenAt(parts, frozen);
    },
  };
  return {
    name: 'evercert',
    prepare: async (of: Case): Promise<Trial> => ({
      round: rounds[failoverOf(of)],
      async [Symbol.asyncDispose]() {},
    }),
    [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
  };
}

/** The leader is sent a signal that ends it, while it is at work. */
async function ended({ replicas, load }: Parts, signal: NodeJS.Signals): Promise<Samples> {
  const { leader } = replicas;
  const samples = await load.during(async () => {
    const begun = performance.now();
    await within(endLimitMs, 'the leader is at work', () => leader.callsAfter(begun, 'write').length > 3);
    const signalledMs = performance.now();
    leader.process.signal(signal);
    const takeover = await replicas.takenOver();
    await within(endLimitMs, 'the old leader has ended', () => leader.process.hasEnded);
    await pause(aftermathMs);
    const stale = leader.callsAfter(takeover.leaseMs, 'write').filter(({ carriedOut }) => isSuccess(carriedOut));
    return measured(takeover, signalledMs, stale.length);
  });
  await replicas.replaceLeader();
  return samples;
}

function measured({ workMs, firstWriteMs }: Takeover, signalledMs: number, staleWrites: number): Samples {
  return samplesOf({ takeoverMs: workMs - signalledMs, firstWriteMs: firstWriteMs - signalledMs, staleWrites });
}

/** What a leader is about to write when it freezes, and whether that belongs to a certificate's first issuance alone. */
interface FrozenWrite {
  readonly of: string;
  readonly isFirst: boolean;
  readonly matches: (call: Call, name: string) => boolean;
}

const frozenWrites: readonly FrozenWrite[] = [
  { of: 'archive', isFirst: false, matches: ({ resource, name = '' }) => resource === 'secrets' && isArchive(name) },
  {
    of: 'status',
    isFirst: false,
    matches: ({ resource, subresource }) => resource === 'certificates' && subresource === 'status',
  },
  {
    of: 'Secret',
    isFirst: false,
    matches: ({ resource, name }, of) => resource === 'secrets' && name === secretNameOf(of),
  },
  { of: 'route', isFirst: true, matches: ({ resource }) => resource === 'ingresses' },
];

/**
 * The leader freezes when a write of its own has left it, but has not come to the API server. The other one takes over, and
 * does what there is to do. After a minute the first wakes, and its write arrives.
 */
async function frozenAt({ site, replicas }: Parts, round: number): Promise<Samples> {
  const { leader } = replicas;
  const write = frozenWrites[(round - 1) % frozenWrites.length];
  if (write === undefined) throw new Error('there is no write to freeze at');
  const name = `frozen-${round}`;
  if (!write.isFirst) await site.issue(name);
  const held = leader.proxy.traffic.hold((call) => call.kind === 'write' && write.matches(call, name));
  const before = write.isFirst ? undefined : await site.renew(name);
  if (write.isFirst) await site.request(name);
  await held.arrived;
  leader.process.signal('SIGSTOP');
  const stoppedMs = performance.now();
  const takeover = await replicas.takenOver();
  await site.issued(name, before);
  await pause(stoppedMs + frozenMs - performance.now());

  const stale = new StaleWrites(site.client);
  leader.proxy.traffic.intervene(({ kind }) => kind === 'write', stale.carry);
  leader.process.signal('SIGCONT');
  held.release(stale.carry);
  await within(endLimitMs, 'the leader that woke has ended', () => leader.process.hasEnded);
  await pause(aftermathMs);
  for (const change of stale.changes) console.error(`  stale, frozen at its ${write.of}: ${change}`);
  await replicas.replaceLeader();
  return measured(takeover, stoppedMs, stale.changes.length);
}

function isArchive(name: string): boolean {
  return name.startsWith('evercert-archive-');
}
