import { setTimeout as pause } from 'node:timers/promises';
import { certificates, labels } from '../../../src/api/index.ts';
import { deployments, secrets } from '../../../src/kube/index.ts';
import { isError } from '../../kit/operator-process.ts';
import { RevisionRules } from '../../kit/revision-rules.ts';
import { within } from '../../kit/until.ts';
import type { Crash, Fate, Phase } from '../proxy/index.ts';
import { changesOf, endStateOf } from './end-state.ts';
import type { Commit } from './history.ts';
import { isPoint, Points, pointsOf } from './points.ts';
import { isAtRest, isGone, isReloaded, recordsOrder, type Scenario } from './scenarios.ts';
import type { Shop, Site } from './site.ts';

/** Where the operator is killed. */
export interface CrashPlan {
  /** The place of the call in its run, as {@link pointsOf} names it. */
  readonly point: string;
  readonly phase: Phase;
}

/** What a run came to. */
export interface Outcome {
  /** Every place where a crash could have been. */
  readonly points: readonly string[];
  /** Whether the operator was killed; the place of a poll may not be come to. */
  readonly crashed: boolean;
  readonly end: ReadonlyMap<string, string>;
  readonly changes: ReadonlyMap<string, number>;
  readonly orders: number;
  readonly orphans: number;
  /** How many of them were placed and not recorded when the operator was killed. */
  readonly allowedOrphans: number;
  readonly certificates: number;
  /** The last lines of the operator's log. */
  readonly log: readonly string[];
  /** What must not have been, in sentences. */
  readonly broken: readonly string[];
}

/** Even on a busy machine all is done by then. A back-off that a crash would cost is told by its record in the status. */
const limitMs = 120_000;
/** Without any call for so long, what was begun has ended. */
const settledMs = 1_000;
const quietMs = 2_500;
/** A pod is reloaded where it is older than the certificate by 2 s; times of pods are whole seconds. */
const olderMs = 3_500;

/** Runs a scenario for a Certificate of its own, with one crash or none, until it rests. */
export async function run(site: Site, scenario: Scenario, plan?: CrashPlan): Promise<Outcome> {
  await settled(site);
  const shop = site.newShop();
  const began = site.history.length;
  if (scenario.issued) {
    await site.apply(shop, shop.hosts.slice(0, 1));
    await within(limitMs, 'the first certificate is there', () => isAtRest(site, shop, 1));
    await settled(site);
  }
  if (scenario.served) {
    await site.serve(shop);
    await within(limitMs, 'it is known to be served', () => isReloaded(site, shop));
    await pause(olderMs);
    await settled(site);
  }
  if (scenario.cold) await site.kill();
  const trial = new Trial(site, { scenario, shop, began });
  const stuck = await problemOf(trial.go(plan));
  const outcome = trial.outcome(stuck);
  return { ...outcome, broken: [...outcome.broken, ...(await problemOf(clear(site, shop)))] };
}

/** Nothing, or the sentence that says why something could not be done. */
async function problemOf(doing: Promise<void>): Promise<readonly string[]> {
  try {
    await doing;
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

class Trial {
  readonly #site: Site;
  readonly #scenario: Scenario;
  readonly #shop: Shop;
  /** Where its part of the history begins, the revision after which the user acted, and its first call and line of the log. */
  readonly #marks: { readonly began: number; readonly acted: number; readonly calls: number; readonly log: number };
  #crashed = false;
  #isDown = false;
  #allowedOrphans = 0;

  constructor(site: Site, { scenario, shop, began }: { scenario: Scenario; shop: Shop; began: number }) {
    this.#site = site;
    this.#scenario = scenario;
    this.#shop = shop;
    const { history, proxy, log } = site;
    const acted = history.since(began).at(-1)?.revision ?? 0;
    this.#marks = { began, acted, calls: proxy.traffic.fates.length, log: log.length };
  }

  /** @throws Error where it does not come to rest. */
  async go(plan: CrashPlan | undefined): Promise<void> {
    const { act, onOrder, done } = this.#scenario;
    const [site, shop] = [this.#site, this.#shop];
    using stack = new DisposableStack();
    if (onOrder !== undefined) stack.use(this.#afterOrder(() => onOrder(site, shop)));
    const crash = plan === undefined ? undefined : stack.use(this.#crashAt(plan));
    await act(site, shop);
    await site.start();
    const isDone = (): boolean => !this.#isDown && done(site, shop) && this.#silentMs() > settledMs;
    await Promise.race([within(limitMs, 'all was done', isDone), this.#recovery(crash)]);
    const before = this.#points().length;
    await pause(quietMs);
    const more = this.#points().slice(before);
    if (more.length > 0) throw new Error(`it does not rest: ${more.join(', ')}`);
  }

  /** What came of it, besides what is `broken` already. */
  outcome(broken: readonly string[]): Outcome {
    const commits = commitsOf(this.#shop, this.#site.history.since(this.#marks.began));
    const acted = commits.filter(({ revision }) => revision > this.#marks.acted);
    const log = this.#site.log.slice(this.#marks.log);
    const rules = new RevisionRules(commits);
    return {
      points: this.#points(),
      crashed: this.#crashed,
      end: endStateOf(this.#shop, commits),
      changes: changesOf(this.#shop, acted),
      orders: this.#placed().length,
      orphans: this.#placed().filter((url) => !rules.recorded.has(url)).length,
      allowedOrphans: this.#allowedOrphans,
      certificates: this.#finalized().size,
      log,
      broken: [...broken, ...rules.broken, ...log.filter(isError)],
    };
  }

  /** Lets the user act once, as soon as the API server has taken the first record of an order. */
  #afterOrder(act: () => Promise<void>): Disposable {
    let acted = false;
    return this.#site.proxy.traffic.follow(async (call, reply) => {
      if (acted || !recordsOrder(call, reply)) return;
      acted = true;
      await act();
    });
  }

  #crashAt({ point, phase }: CrashPlan): Crash {
    const points = new Points();
    const kill = async (): Promise<void> => {
      this.#isDown = true;
      this.#crashed = true;
      await this.#site.kill();
      const recorded = await this.#recordedNow();
      this.#allowedOrphans = this.#placed().filter((url) => !recorded.has(url)).length;
    };
    return this.#site.proxy.traffic.crash((call) => points.next(call) === point, phase, kill);
  }

  /** Starts the next operator once this one is dead; never resolves. */
  async #recovery(crash: Crash | undefined): Promise<never> {
    await crash?.killed;
    if (crash !== undefined) {
      await this.#site.start();
      this.#isDown = false;
    }
    return new Promise(() => {});
  }

  async #recordedNow(): Promise<ReadonlySet<string>> {
    const { recorded } = new RevisionRules(commitsOf(this.#shop, this.#site.history.since(this.#marks.began)));
    const live = (await this.#site.certificate(this.#shop))?.status?.order?.url;
    return live === undefined ? recorded : recorded.add(live);
  }

  #calls(): readonly Fate[] {
    return this.#site.proxy.traffic.fates.slice(this.#marks.calls);
  }

  #points(): readonly string[] {
    return pointsOf(this.#calls());
  }

  /** The URLs of the orders that the CA made. */
  #placed(): readonly string[] {
    return this.#calls().flatMap(({ call, carriedOut, location }) =>
      call.resource === 'newOrder' && carriedOut === 201 && location !== undefined ? [location] : [],
    );
  }

  /** The orders for which the CA made a certificate; to finalize one twice makes no second. */
  #finalized(): ReadonlySet<string> {
    const done = this.#calls().filter(({ call, carriedOut }) => call.resource === 'finalize' && carriedOut === 200);
    return new Set(done.map(({ call }) => call.path));
  }

  /** Since the last call that changes something, or that the CA hears, was answered. */
  #silentMs(): number {
    const now = performance.now();
    const ends = this.#calls().flatMap(({ call, endedMs = now }) => (isPoint(call) ? endedMs : []));
    return now - Math.max(0, ...ends);
  }
}

/** The commits to the objects of one Certificate. */
function commitsOf(shop: Shop, commits: readonly Commit[]): readonly Commit[] {
  const objects = commits.flatMap(({ before, after }) => after ?? before ?? []);
  const own = objects.find(({ kind, metadata }) => kind === certificates.kind && metadata.name === shop.name);
  const uid = own?.metadata.uid ?? '';
  return commits.filter(({ before, after }) => {
    const { name = '', ownerReferences = [], labels: marks = {} } = (after ?? before)?.metadata ?? {};
    const isOwned = ownerReferences.some((owner) => owner.uid === uid) || marks[labels.certificateUID] === uid;
    return isOwned || name === shop.name || name === shop.secretName;
  });
}

/** Takes a trial's objects away, so that the next operators know nothing of them. */
async function clear(site: Site, shop: Shop): Promise<void> {
  await site.start();
  await site.remove(certificates, shop.name);
  await within(limitMs, 'the routes were removed', () => isGone(site, shop));
  await site.remove(secrets, shop.secretName);
  await site.remove(deployments, shop.name);
}

/** Waits until what was begun has ended. */
async function settled(site: Site): Promise<void> {
  const lastMs = (): number => site.proxy.traffic.fates.at(-1)?.atMs ?? 0;
  await within(limitMs, 'the operator is silent', () => performance.now() - lastMs() > settledMs);
}
