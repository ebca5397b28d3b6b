import { isIP } from 'node:net';
import { Agent } from 'undici';
import { Credentials, type TlsSettings } from '../../../src/kube/credentials.ts';
import { hopByHop, type Incoming, type Outlet, type Reply } from './front.ts';

/** How the server behind the proxy is reached at this moment. */
interface Target {
  readonly origin: string;
  readonly tls: TlsSettings;
  /** Put in the place of the client's own. */
  readonly headers: Readonly<Record<string, string>>;
  /** Changes when connections made before are no longer right. */
  readonly id: string;
}

/** The server behind the proxy. */
export class Upstream implements AsyncDisposable {
  readonly #target: () => Promise<Target>;
  #agent: { readonly id: string; readonly dispatcher: Agent } | undefined;

  private constructor(target: () => Promise<Target>) {
    this.#target = target;
  }

  /** An API server, with the credentials of a kubeconfig. */
  static apiServer(kubeconfig: string): Upstream {
    const credentials = new Credentials(kubeconfig);
    return new Upstream(async () => {
      const { server, headers, tls, connectionID } = await credentials.current();
      return { origin: server, tls, headers: { ...headers, host: new URL(server).host }, id: connectionID };
    });
  }

  /** A CA. It is told the Host that the client asked for: an ACME server makes its URLs from it, and clients sign them. */
  static ca(directory: string, caBundle: string): Upstream {
    const { origin, hostname } = new URL(directory);
    const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
    return new Upstream(async () => ({ origin, tls: { ca: caBundle, ...servername }, headers: {}, id: '' }));
  }

  /** Sends a request on and gives the whole answer; of one that may go on for ever only its head, with a body to follow. */
  async send(
    { method, path, headers, body }: Pick<Incoming, 'method' | 'path' | 'headers' | 'body'>,
    endless?: { readonly closed: AbortSignal; readonly follow: Follower },
  ): Promise<Reply> {
    const target = await this.#target();
    const kept = Object.entries({ ...headers, ...target.headers }).filter(([name]) => !dropped.has(name));
    const head = await this.#agentFor(target).request({
      origin: target.origin,
      path,
      method,
      headers: Object.fromEntries(kept),
      body: body.length === 0 ? null : body,
      signal: endless?.closed ?? null,
    });
    const reply = { code: head.statusCode, headers: head.headers as Reply['headers'] };
    if (endless === undefined || head.statusCode !== 200) {
      return { ...reply, body: Buffer.from(await head.body.arrayBuffer()) };
    }
    return { ...reply, body: (outlet) => endless.follow(head.body, outlet) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent?.dispatcher.destroy();
  }

  #agentFor({ id, tls }: Target): Agent {
    if (this.#agent?.id !== id) {
      this.#agent?.dispatcher.close().catch(() => undefined);
      const dispatcher = new Agent({ allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect: { ...tls } });
      this.#agent = { id, dispatcher };
    }
    return this.#agent.dispatcher;
  }
}

/** Passes the bytes of an endless answer on. */
export type Follower = (bytes: AsyncIterable<Uint8Array>, outlet: Outlet) => Promise<void>;

/** Bodies are looked at on their way, so they must not come compressed. */
const dropped: ReadonlySet<string> = new Set([...hopByHop, 'accept-encoding', 'expect']);
