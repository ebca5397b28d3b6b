import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { Access } from './credentials.ts';
import { callsAtOnce, eachLane, type Lane } from './lanes.ts';

/** How long a connection may take: each of TCP, the tunnel of a proxy, and TLS. */
const connectMs = 10_000;

/**
 * The connections to the API server: one pool per lane, made anew when the server or the TLS material changes. HTTP/1.1
 * only: undici's HTTP/2 notices no dead server under an idle stream, and a slow watch would hold up the rest.
 */
export class Connections {
  #current: { readonly id: string; readonly lanes: Readonly<Record<Lane, Dispatcher>> } | undefined;
  readonly #open = new Set<Dispatcher>();

  /** The pool of `lane` for `access`. One made for an older access serves its running calls to their end. */
  for(lane: Lane, access: Access): Dispatcher {
    if (this.#current?.id !== access.connectionID) {
      this.#retire();
      this.#current = { id: access.connectionID, lanes: eachLane((each) => this.#pool(each, access)) };
    }
    return this.#current.lanes[lane];
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
      connections: callsAtOnce[lane],
      pipelining: 1,
      keepAliveTimeout: 20_000,
      headersTimeout: 0, // every call has its own time limit
      bodyTimeout: 0,
    };
    const tls = { ...access.tls, timeout: connectMs, keepAliveInitialDelay: 30_000 };
    const pool =
      access.proxyUrl === undefined
        ? new Agent({ ...options, connect: tls })
        : new ProxyAgent({
            ...options,
            uri: access.proxyUrl,
            connectTimeout: connectMs,
            clientFactory: tunnels,
            requestTls: tls,
          });
    this.#open.add(pool);
    return pool;
  }

  #retire(): void {
    for (const pool of Object.values(this.#current?.lanes ?? {})) {
      const ended = (): boolean => this.#open.delete(pool);
      pool.close().then(ended, ended);
    }
  }
}

/** To the proxy, which else would have five minutes to answer a CONNECT, with every call to the API server behind it. */
function tunnels(proxy: URL, options: object): Dispatcher {
  return new Pool(proxy, { ...options, headersTimeout: connectMs });
}
