import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Access } from './credentials.ts';

/** Calls that never wait for one another's connections. */
export type Lane = 'requests' | 'watches' | 'lease';

/** The most connections of a lane. A watch holds one for as long as it lasts; the Lease is never behind bulk traffic. */
const connectionsOf: Readonly<Record<Lane, number>> = { requests: 16, watches: 64, lease: 2 };

/**
 * The connections to the API server: one pool per lane, made anew when the server or the TLS material changes. HTTP/1.1
 * only: undici's HTTP/2 notices no dead server under an idle stream, and a slow watch would hold up the rest.
 */
export class Connections {
  #current: { readonly id: string; readonly lanes: ReadonlyMap<Lane, Dispatcher> } | undefined;
  readonly #open = new Set<Dispatcher>();

  /** The pool of `lane` for `access`. One made for an older access serves its running calls to their end. */
  for(lane: Lane, access: Access): Dispatcher {
    if (this.#current?.id !== access.connectionID) {
      this.#retire();
      const lanes = new Map<Lane, Dispatcher>();
      for (const each of ['requests', 'watches', 'lease'] as const) lanes.set(each, this.#pool(each, access));
      this.#current = { id: access.connectionID, lanes };
    }
    const pool = this.#current.lanes.get(lane);
    if (pool === undefined) throw new Error(`no connections for ${lane}`);
    return pool;
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.#current = undefined;
    await Promise.all([...this.#open].map((pool) => pool.destroy()));
    this.#open.clear();
  }

  #pool(lane: Lane, access: Access): Dispatcher {
    const options: Agent.Options = {
      allowH2: false,
      connections: connectionsOf[lane],
      pipelining: 1,
      keepAliveTimeout: 20_000,
      headersTimeout: 0, // every call has its own time limit
      bodyTimeout: 0,
    };
    const tls = { ...access.tls, timeout: 10_000, keepAliveInitialDelay: 30_000 };
    const pool =
      access.proxyUrl === undefined
        ? new Agent({ ...options, connect: tls })
        : new ProxyAgent({ ...options, uri: access.proxyUrl, requestTls: tls });
    this.#open.add(pool);
    return pool;
  }

  #retire(): void {
    for (const pool of this.#current?.lanes.values() ?? []) {
      const ended = (): boolean => this.#open.delete(pool);
      pool.close().then(ended, ended);
    }
  }
}
