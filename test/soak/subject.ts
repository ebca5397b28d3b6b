/**
 * The subject of the soak, a process of its own: the client and the caches of the program as it runs them, which do what they
 * always do. It answers the soak's questions about what they hold; only its sources and its client are wrapped, to count.
 */
import { getEventListeners } from 'node:events';
import { getActiveResourcesInfo } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type KubeClient, listWatch } from '../../src/kube/index.ts';
import { type Log, type LogFields, systemClock } from '../../src/runtime/index.ts';
import { fingerprint, fingerprints } from './contents.ts';
import type { Answers, Look, Measure, Question, Remains } from './messages.ts';
import { sources } from './sources.ts';
import { WatchedCache } from './watched-cache.ts';

const endLimitMs = 5_000;

class Subject {
  readonly #client: KubeClient;
  readonly #ending = new AbortController();
  readonly #caches: Readonly<Record<string, WatchedCache>>;
  readonly #running: Promise<unknown>;
  readonly #lists: Record<string, number> = {};
  readonly #watches: Record<string, number> = {};
  readonly #findings: string[] = [];
  #openWatches = 0;
  #unauthorized = 0;

  constructor(kubeconfig: string) {
    this.#client = connect({ kubeconfig, userAgent: 'evercert-soak' });
    const made = Object.entries(sources).map(([name, source]) => {
      const parts = { client: this.#counted(name), clock: systemClock, log: this.#log };
      return [name, new WatchedCache(name, source, listWatch(parts, source))] as const;
    });
    this.#caches = Object.fromEntries(made);
    this.#running = Promise.all(made.map(([, { cache }]) => cache.run(this.#ending.signal)));
  }

  look(): Look {
    const caches = Object.entries(this.#caches).map(([name, { contents }]) => [name, fingerprint(contents)] as const);
    return { caches: Object.fromEntries(caches), watches: this.#openWatches };
  }

  objects(name: string): Answers['objects'] {
    return fingerprints(this.#caches[name]?.contents ?? new Map());
  }

  untold(written: Readonly<Record<string, readonly string[]>>): Answers['untold'] {
    const each = Object.entries(this.#caches).map(([name, cache]) => {
      const { resource, labelSelector, fieldSelector } = sources[name] ?? {};
      const isSelection = (labelSelector ?? fieldSelector) !== undefined;
      return [name, cache.untold(isSelection ? [] : (written[resource?.plural ?? ''] ?? []))] as const;
    });
    return Object.fromEntries(each);
  }

  async measure(): Promise<Measure> {
    const caches = Object.values(this.#caches);
    const findings = [...this.#findings.splice(0), ...caches.flatMap((cache) => cache.findings())];
    // Twice, a turn apart: what has a finalizer goes with the second.
    for (let time = 0; time < 2; time += 1) {
      globalThis.gc?.();
      await delay(10);
    }
    const { heapUsed, rss } = process.memoryUsage();
    const active = getActiveResourcesInfo();
    return {
      heapBytes: heapUsed,
      residentBytes: rss,
      sockets: active.filter((name) => name.startsWith('TCP')).length,
      timers: active.filter((name) => name === 'Timeout').length,
      abortListeners: getEventListeners(this.#ending.signal, 'abort').length,
      lists: { ...this.#lists },
      watchesOpened: { ...this.#watches },
      changes: caches.reduce((sum, { changes }) => sum + changes, 0),
      unauthorized: this.#unauthorized,
      findings,
    };
  }

  async end(): Promise<Remains> {
    this.#ending.abort();
    await this.#running;
    await this.#client.close();
    // The channel to the soak is a pipe.
    const left = (): string[] => getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');
    for (const begun = performance.now(); performance.now() - begun < endLimitMs && left().length > 0; )
      await new Promise((resolve) => setImmediate(resolve));
    return { resources: left() };
  }

  #counted(name: string): Pick<KubeClient, 'list' | 'watch'> {
    this.#lists[name] = 0;
    this.#watches[name] = 0;
    return {
      list: (resource, selection, page, signal) => {
        if (page.continue === undefined) this.#lists[name] = (this.#lists[name] ?? 0) + 1;
        return this.#client.list(resource, selection, page, signal);
      },
      watch: async (resource, selection, from, signal) => {
        this.#watches[name] = (this.#watches[name] ?? 0) + 1;
        return this.#followed(await this.#client.watch(resource, selection, from, signal));
      },
    };
  }

  async *#followed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.#openWatches += 1;
    try {
      yield* bytes;
    } finally {
      this.#openWatches -= 1;
    }
  }

  /** Faults are warnings; an error is a defect of the caches or of a listener. */
  readonly #log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_, fields) => {
      if (/\(401\)/.test(errorOf(fields))) this.#unauthorized += 1;
    },
    error: (message, fields) => void this.#findings.push(`logged: ${message}: ${errorOf(fields)}`),
    child: () => this.#log,
  };
}

function errorOf(fields: LogFields | undefined): string {
  return fields?.error instanceof Error ? fields.error.message : String(fields?.error);
}

let subject: Subject | undefined;

async function answer(question: Question): Promise<Answers[Question['ask']]> {
  if (question.ask === 'start') {
    subject = new Subject(question.kubeconfig);
    return null;
  }
  if (subject === undefined) throw new Error('the subject has not been started');
  switch (question.ask) {
    case 'look':
      return subject.look();
    case 'objects':
      return subject.objects(question.cache);
    case 'untold':
      return subject.untold(question.written);
    case 'measure':
      return subject.measure();
    case 'end':
      return subject.end();
  }
}

process.on('message', ({ id, ...question }: Question & { readonly id: number }) => {
  answer(question as Question).then(
    (value) => process.send?.({ id, value }),
    (error: unknown) => process.send?.({ id, failure: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
