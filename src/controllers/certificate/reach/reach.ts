import { neverMs } from '../../../runtime/index.ts';
import type { HostReach, Reach } from '../observed.ts';
import { eachProblem } from '../order/each-name.ts';

/** What the probes of several hosts come to together. */
export function reachOf(hosts: readonly HostReach[], now: Date): Reach {
  const failed = hosts.filter(({ state }) => state === 'failed');
  const isReached = hosts.every(({ state }) => state === 'reached');
  return {
    state: isReached ? 'reached' : failed.length > 0 ? 'failed' : 'unknown',
    hosts,
    problems: failed.map(({ host, problem }) => ({ host, problem })),
    since: new Date(Math.min(now.getTime(), ...hosts.map(({ since }) => since.getTime()))),
    retryAt: new Date(Math.min(neverMs, ...hosts.map(({ retryAt }) => retryAt.getTime()))),
  };
}

/** What the probes of some of the hosts come to. */
export function among(reach: Reach, names: readonly string[], now: Date): Reach {
  const wanted = new Set(names);
  const hosts = reach.hosts.filter(({ host }) => wanted.has(host));
  return hosts.length === reach.hosts.length ? reach : reachOf(hosts, now);
}

/** What stands in the way, as a part of a sentence. */
export function wordsOn({ problems }: Reach): string {
  return eachProblem(problems.map(({ host: name, problem }) => ({ name, problem })));
}
