import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';

/** A place that is asked again and again. */
export interface LoadTarget {
  readonly name: string;
  readonly protocol: 'http' | 'https';
  readonly host: string;
  /** Connect here in place of resolving the host. */
  readonly address: string;
  readonly port: number;
  readonly path: string;
  /** The root that an https server's chain has to lead to, PEM. */
  readonly root?: string;
}

/** What came of the requests to one target. */
export interface LoadReport {
  readonly target: string;
  readonly sent: number;
  readonly failed: number;
  /** GETs whose reused connection was reset before any byte of an answer, and that a fresh connection answered (RFC 9110, 9.2.2). */
  readonly repeated: number;
  /** Each kind of failure, once. */
  readonly problems: readonly string[];
}

interface Counters {
  sent: number;
  failed: number;
  repeated: number;
  readonly problems: Set<string>;
}

const timeoutMs = 10_000;
const betweenMs = 5;

/** Keeps asking targets over kept connections, as browsers do, until stopped. */
export class Load {
  readonly #targets: readonly LoadTarget[];
  readonly #workersEach: number;
  readonly #counters = new Map<string, Counters>();
  readonly #stop = new AbortController();
  readonly #workers: Promise<void>[] = [];

  constructor(targets: readonly LoadTarget[], options: { workersEach?: number } = {}) {
    this.#targets = targets;
    this.#workersEach = options.workersEach ?? 4;
  }

  start(): void {
    for (const target of this.#targets) {
      const counters: Counters = { sent: 0, failed: 0, repeated: 0, problems: new Set() };
      this.#counters.set(target.name, counters);
      for (let worker = 0; worker < this.#workersEach; worker += 1) this.#workers.push(this.#work(target, counters));
    }
  }

  /** So far. */
  reports(): LoadReport[] {
    return [...this.#counters].map(([target, { problems, ...counts }]) => ({
      target,
      ...counts,
      problems: [...problems],
    }));
  }

  /** Lets requests in flight end, and reports. */
  async stop(): Promise<LoadReport[]> {
    this.#stop.abort();
    await Promise.all(this.#workers);
    return this.reports();
  }

  async #work(target: LoadTarget, counters: Counters): Promise<void> {
    const agent = agentFor(target);
    try {
      while (!this.#stop.signal.aborted) {
        await this.#ask(target, agent, counters);
        await pause(betweenMs);
      }
    } finally {
      agent.destroy();
    }
  }

  async #ask(target: LoadTarget, agent: HttpAgent, counters: Counters): Promise<void> {
    counters.sent += 1;
    try {
      await get(target, agent);
    } catch (error) {
      if (!(error instanceof ResetBeforeAnswer)) return count(counters, error);
      counters.repeated += 1;
      const fresh = agentFor(target);
      await get(target, fresh)
        .catch((again: unknown) => count(counters, again))
        .finally(() => fresh.destroy());
    }
  }
}

/** A reused connection was closed by the server before any byte of an answer. */
class ResetBeforeAnswer extends Error {}

function count(counters: Counters, error: unknown): void {
  counters.failed += 1;
  counters.problems.add(error instanceof Error ? error.message : String(error));
}

function agentFor({ protocol, root }: LoadTarget): HttpAgent {
  const options = { keepAlive: true, maxSockets: 1, maxCachedSessions: 0 };
  return protocol === 'http'
    ? new HttpAgent(options)
    : new HttpsAgent({ ...options, ...(root === undefined ? {} : { ca: root }) });
}

function get({ protocol, host, address, port, path }: LoadTarget, agent: HttpAgent): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { host: address, port, path, agent, servername: host, headers: { host }, timeout: timeoutMs };
    const asking = (protocol === 'http' ? httpRequest : httpsRequest)(options, (answer: IncomingMessage) => {
      answer.resume();
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve() : reject(new Error(`answered ${answer.statusCode}`)),
      );
      answer.on('error', reject);
    });
    asking.on('timeout', () => asking.destroy(new Error(`no answer in ${timeoutMs / 1000} s`)));
    asking.on('error', (error: NodeJS.ErrnoException) => {
      const reset = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      reject(reset && asking.reusedSocket ? new ResetBeforeAnswer() : new Error(error.code ?? error.message));
    });
    asking.end();
  });
}
