import type { HttpAnswer } from '../../../probe/index.ts';
import type { Clock, Pool } from '../../../runtime/index.ts';
import type { HostReach, Reach } from '../observed.ts';
import { reachOf } from './reach.ts';

const firstRetryMs = 100;
/** After a failure the next try waits this share of the time it has been failing, so that a late success is seen soon after. */
const retryShare = 1 / 4;
const deadlineMs = 5_000;
/** So many failures in a row are a finding; fewer may be a route that is just becoming live. */
const failuresToTell = 3;
/** A failure is a finding for so long: it is looked at again long before, unless this process slept. */
const failedForMs = 300_000;
const keptForMs = 7_200_000;

/** One place that has to give one body for one path. */
export interface Target {
  readonly host: string;
  readonly path: string;
  readonly expect: string;
  /** Connect here in place of where the host's name leads. */
  readonly address?: string;
  readonly port?: number;
}

/** How fresh an answer has to be, and how long to wait at most after one that failed. */
export interface Freshness {
  readonly maxAgeMs: number;
  readonly retryCapMs: number;
}

/** Asks one target over the network. */
export type Probe = (target: Target, options: { timeoutMs: number; signal: AbortSignal }) => Promise<HttpAnswer>;

interface Parts {
  readonly clock: Clock;
  readonly pool: Pool;
  readonly probe: Probe;
  readonly wake: (asker: string) => void;
}

interface Entry {
  answer: HttpAnswer | undefined;
  /** When that was asked for: a process that slept may hear late. */
  askedAt: number;
  answeredAt: number;
  failures: number;
  /** When the first of these failures was. */
  failedAt: number;
  /** When it was last reached, or first asked for. */
  failingSince: number;
  running: boolean;
  usedAt: number;
  /** Who waits for the answer of the probe that runs. */
  readonly askers: Set<string>;
}

/**
 * Keeps what the network answered last, and asks again in a pool of its own, so that no pass ever waits for it.
 *
 * Whoever asked is woken when every answer that it waits for is there, and at once by a failure, which is to be tried again: a
 * Certificate of a hundred names is not looked at a hundred times.
 */
export class Probes {
  readonly #parts: Parts;
  readonly #entries = new Map<string, Entry>();
  /** How many answers an asker waits for. */
  readonly #awaited = new Map<string, number>();
  #sweptAt = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What is known of the targets; starts a probe of each whose answer is missing or no longer fresh. */
  reach(asker: string, targets: readonly Target[], fresh: Freshness): Reach {
    const now = this.#parts.clock.now().getTime();
    this.#sweep(now);
    const hosts = targets.map((target): HostReach => {
      const entry = this.#entry(target, now);
      if (!entry.running && now >= dueAt(entry, fresh)) void this.#probe(asker, target, entry);
      if (entry.running) this.#await(asker, entry);
      return hostReach(target.host, entry, fresh, now);
    });
    return reachOf(hosts, new Date(now));
  }

  #entry(target: Target, now: number): Entry {
    const id = JSON.stringify([target.address, target.port, target.host, target.path, target.expect]);
    const found = this.#entries.get(id);
    if (found !== undefined) {
      found.usedAt = now;
      return found;
    }
    const made: Entry = {
      answer: undefined,
      askedAt: 0,
      answeredAt: 0,
      failures: 0,
      failedAt: 0,
      failingSince: now,
      running: false,
      usedAt: now,
      askers: new Set(),
    };
    this.#entries.set(id, made);
    return made;
  }

  async #probe(firstAsker: string, target: Target, entry: Entry): Promise<void> {
    const { clock, pool, probe, wake } = this.#parts;
    entry.running = true;
    const namespace = firstAsker.slice(0, firstAsker.indexOf('/'));
    const answer = await pool
      .run(`${namespace}/${target.address ?? target.host}`, (signal) => {
        entry.askedAt = clock.now().getTime();
        return probe(target, { timeoutMs: deadlineMs, signal });
      })
      .catch((error: unknown): HttpAnswer => ({ ok: false, problem: String(error) }));
    const now = clock.now().getTime();
    if (answer.ok) entry.failingSince = now;
    else if (entry.failures === 0) entry.failedAt = now;
    entry.failures = answer.ok ? 0 : entry.failures + 1;
    entry.answer = answer;
    entry.answeredAt = now;
    entry.running = false;
    for (const asker of entry.askers) {
      const left = (this.#awaited.get(asker) ?? 1) - 1;
      if (left === 0) this.#awaited.delete(asker);
      else this.#awaited.set(asker, left);
      if (left === 0 || !answer.ok) wake(asker);
    }
    entry.askers.clear();
  }

  #await(asker: string, entry: Entry): void {
    if (entry.askers.has(asker)) return;
    entry.askers.add(asker);
    this.#awaited.set(asker, (this.#awaited.get(asker) ?? 0) + 1);
  }

  /** Forgets what nobody has asked for in a long time. */
  #sweep(now: number): void {
    if (now < this.#sweptAt + keptForMs / 4) return;
    this.#sweptAt = now;
    for (const [id, entry] of this.#entries) {
      if (!entry.running && now > entry.usedAt + keptForMs) this.#entries.delete(id);
    }
  }
}

function hostReach(host: string, entry: Entry, fresh: Freshness, now: number): HostReach {
  const { answer, askedAt, failures, failingSince } = entry;
  const isReached = answer?.ok === true && now < askedAt + fresh.maxAgeMs;
  const isFailed = failures >= failuresToTell && now < askedAt + failedForMs;
  return {
    host,
    state: isReached ? 'reached' : isFailed ? 'failed' : 'unknown',
    problem: isFailed ? (answer?.problem ?? 'no answer') : '',
    since: new Date(answer?.ok === true ? now : failingSince),
    retryAt: new Date(entry.running ? now + 2 * deadlineMs : dueAt(entry, fresh)),
  };
}

function dueAt(entry: Entry, fresh: Freshness): number {
  if (entry.answer === undefined) return 0;
  if (entry.answer.ok) return entry.askedAt + fresh.maxAgeMs;
  const share = Math.round((entry.answeredAt - entry.failedAt) * retryShare);
  return entry.answeredAt + Math.min(fresh.retryCapMs, Math.max(firstRetryMs, share));
}
