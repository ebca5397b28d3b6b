import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type KubeClient } from '../../src/kube/index.ts';
import { ChaosProxy } from '../chaos/proxy/index.ts';
import { environment } from '../kit/inside.ts';
import { Random } from '../kit/random.ts';
import { compact } from './etcd.ts';
import { Deck, type Fault, type FaultParts, faultsOf, goneSilent } from './faults.ts';
import { Identity } from './identity.ts';
import { type QuietPoint, quietPoint } from './quiet.ts';
import { type Report, remainsViolations, trends, violationsOf } from './report.ts';
import { SubjectProcess } from './subject-process.ts';
import { prepareCluster, rightlessKubeconfig } from './surroundings.ts';
import { Writer } from './writer.ts';

/** How a soak is run. */
export interface SoakOptions {
  /** When no more rounds are begun. */
  readonly durationMs: number;
  /** What is written, which faults there are, and when, follows from it. */
  readonly seed: number;
  /** How long there are faults between one quiet point and the next. Two such rounds are made at least. */
  readonly roundMs: number;
  /** Told how far it is, about twice a minute. */
  readonly onProgress?: (line: string) => void;
}

const compactionMs = 3_000;
const gapMs = { least: 200, most: 1_500 };
const progressMs = 30_000;
/** In one of so many pairs of rounds watches go silent: it takes 75 s until they are given up. */
const silentEvery = 4;

interface Parts extends SoakOptions, FaultParts {
  /** By a way that no fault lies in. */
  readonly client: KubeClient;
  readonly subject: SubjectProcess;
}

/** Soaks the client and the caches of the program in the cluster that this runs in, and says what it came to. */
export async function soak(options: SoakOptions): Promise<Report> {
  await prepareCluster();
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await mkdtempDisposable(join(tmpdir(), 'evercert-soak-')));
  const client = connect({ kubeconfig: environment('KUBECONFIG'), userAgent: 'evercert-soak-writer' });
  stack.defer(() => client.close());
  const identity = await Identity.create(folder);
  const writer = new Writer(client, options.seed);
  await writer.fill();
  const { tokenFile } = identity;
  const proxy = stack.use(await ChaosProxy.start({ kubeconfig: await rightlessKubeconfig(folder), tokenFile }));
  const subject = stack.use(await SubjectProcess.start(proxy.kubeconfig));
  return await new Soak({ ...options, client, subject, proxy, identity }, writer).run();
}

class Soak {
  readonly #parts: Parts;
  readonly #writer: Writer;
  readonly #random: Random;
  readonly #onTheWire: Deck<Fault>;
  readonly #toTheHistory: Deck<Fault>;
  readonly #begun = performance.now();
  readonly #faults: Record<string, number> = {};
  readonly #points: (QuietPoint & { readonly ms: number })[] = [];
  readonly #violations: string[] = [];
  #compactions = 0;

  constructor(parts: Parts, writer: Writer) {
    this.#parts = parts;
    this.#writer = writer;
    this.#random = new Random(parts.seed + 1);
    const { onTheWire, toTheHistory } = faultsOf(parts);
    this.#onTheWire = new Deck(onTheWire, new Random(parts.seed + 2));
    this.#toTheHistory = new Deck(toTheHistory, new Random(parts.seed + 3));
  }

  async run(): Promise<Report> {
    const { subject, onProgress = () => undefined } = this.#parts;
    const ending = new AbortController();
    const progress = setInterval(() => onProgress(this.#progress()), progressMs);
    const all = [this.#rounds(ending.signal), this.#writer.run(ending.signal), this.#compact(ending.signal)];
    const end = (): void => {
      ending.abort();
      this.#writer.resume(); // who waits at its gate has to see the end
    };
    try {
      // Whichever ends first, be it by an error, ends the others.
      await Promise.all(all.map((each) => each.finally(end)));
    } finally {
      await Promise.allSettled(all);
      clearInterval(progress);
    }
    return this.#report(remainsViolations(await subject.end()));
  }

  /** Since the start. */
  get #ms(): number {
    return performance.now() - this.#begun;
  }

  /** Rounds come in pairs. The first leaves the history whole: what is missed in it no list mends, so that it shows. */
  async #rounds(signal: AbortSignal): Promise<void> {
    await this.#quiet();
    for (let pair = 1; pair === 1 || this.#ms < this.#parts.durationMs; pair += 1) {
      if (signal.aborted) return;
      await this.#round([this.#onTheWire]);
      if (pair % silentEvery === 0) await this.#bring(goneSilent(this.#parts));
      await this.#quiet({ keptHistory: true });
      await this.#round([this.#toTheHistory, this.#onTheWire]);
      await this.#quiet();
    }
  }

  /** Brings one fault after the other, from each deck in its turn. */
  async #round(decks: readonly Deck<Fault>[]): Promise<void> {
    this.#writer.resume();
    const ends = this.#ms + this.#parts.roundMs;
    for (let turn = 0; this.#ms < ends; turn += 1) {
      await pause(this.#random.between(gapMs.least, gapMs.most));
      const fault = decks[turn % decks.length]?.next();
      if (fault !== undefined) await this.#bring(fault);
    }
  }

  async #bring(fault: Fault): Promise<void> {
    await fault.run(this.#random);
    this.#faults[fault.name] = (this.#faults[fault.name] ?? 0) + 1;
  }

  async #quiet({ keptHistory } = { keptHistory: false }): Promise<void> {
    const { client, subject } = this.#parts;
    await this.#writer.pause();
    const written = this.#writer.takeVersions();
    const last = this.#points.at(-1);
    const point = await quietPoint(client, subject, last && { point: last, written, keptHistory });
    this.#points.push({ ...point, ms: this.#ms });
    this.#violations.push(...point.violations.map((one) => `after ${Math.round(this.#ms / 1000)} s: ${one}`));
  }

  /** Until aborted. */
  async #compact(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(compactionMs, undefined, { signal }).catch(() => undefined);
      if (await compact()) this.#compactions += 1;
    }
  }

  #progress(): string {
    const count = Object.values(this.#faults).reduce((sum, one) => sum + one, 0);
    const heap = ((this.#points.at(-1)?.measure.heapBytes ?? 0) / 2 ** 20).toFixed(1);
    const seconds = Math.round(this.#ms / 1000);
    return `${seconds} s: ${this.#writer.writes} writes, ${count} faults, ${this.#points.length} quiet points, heap ${heap} MiB, ${this.#violations.length} violations`;
  }

  #report(atEnd: readonly string[]): Report {
    const points = this.#points;
    const last = points.at(-1);
    if (last === undefined) throw new Error('a soak without a quiet point');
    const figures = { faults: this.#faults, last: last.measure, ...trends(points) };
    return {
      ...figures,
      seed: this.#parts.seed,
      durationMs: this.#ms,
      writes: this.#writer.writes,
      failedWrites: this.#writer.failures,
      compactions: this.#compactions,
      quietPoints: points.length,
      slowestMs: Math.max(...points.map(({ equalAfterMs }) => equalAfterMs)),
      objects: last.objects,
      expectedEvents: points.reduce((sum, { expected }) => sum + expected, 0),
      violations: [...this.#violations, ...violationsOf(figures), ...atEnd],
    };
  }
}
