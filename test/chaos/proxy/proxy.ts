import { makeServerPair } from '../../kit/cluster/x509.ts';
import { AcmeNames } from './acme-names.ts';
import { describeKube } from './call.ts';
import { ClientFiles } from './client-files.ts';
import { statusReply } from './faults.ts';
import { Front, type Incoming, type Reply } from './front.ts';
import { Narrowing } from './narrowing.ts';
import { Traffic } from './traffic.ts';
import { Upstream } from './upstream.ts';
import { Watches } from './watches.ts';

/** What a chaos proxy stands in front of. */
export interface ProxyOptions {
  /** Path of the kubeconfig by which the API server is reached, and with whose rights. */
  readonly kubeconfig: string;
  /** The CA, which has to make its URLs from the Host that it is asked for, as Pebble and Boulder do. */
  readonly ca?: CaAccess;
  /**
   * File of the client's own token, by which the API server is to know it; the kubeconfig then must give no rights of its own.
   * Without it the proxy knows the client by tokens that it makes, and lends it its own rights.
   */
  readonly tokenFile?: string;
  /** Lets the client see this namespace alone: reads of a kind in all namespaces become reads in this one. */
  readonly namespace?: string;
  /** Kinds, by plural, of which {@link Watches.serveAsOf} can tell an older state. */
  readonly record?: readonly string[];
}

/** How a CA is reached. */
export interface CaAccess {
  /** The URL of its directory. */
  readonly directory: string;
  /** PEM of what its HTTPS is verified by. */
  readonly bundle: string;
}

/**
 * An HTTP-aware proxy between one client, such as an operator, and its API server and CA. It passes everything on, counts
 * and records it, and does to it what it is told.
 */
export class ChaosProxy implements AsyncDisposable {
  /** Path of a kubeconfig that leads the client through the proxy. */
  readonly kubeconfig: string;
  /** The CA as the client is to reach it; undefined without one. */
  readonly ca: CaAccess | undefined;
  /** The calls of the client, to the API server and to the CA. */
  readonly traffic: Traffic;
  /** Its lists and watches. */
  readonly watches: Watches;
  /** Its connections to the API server, which can be reset and refused. */
  readonly api: Front;
  readonly #files: ClientFiles;
  readonly #parts: AsyncDisposableStack;

  private constructor(parts: Parts) {
    this.kubeconfig = parts.files.kubeconfig;
    this.ca = parts.ca;
    this.traffic = parts.traffic;
    this.watches = parts.watches;
    this.api = parts.api;
    this.#files = parts.files;
    this.#parts = parts.stack;
  }

  /** Starts it on free ports; `await using` ends it. */
  static async start({ kubeconfig, tokenFile, ca, namespace, record = [] }: ProxyOptions): Promise<ChaosProxy> {
    await using stack = new AsyncDisposableStack();
    const traffic = new Traffic();
    const pair = await makeServerPair('Chaos proxy', ['127.0.0.1']);
    const upstream = stack.use(Upstream.apiServer(kubeconfig));
    const watches = new Watches(upstream, record);
    const narrowing = namespace === undefined ? undefined : new Narrowing(upstream, namespace);
    const answer = apiServer({ upstream, traffic, watches, narrowing, knows: (header) => files.knows(header) });
    const api = stack.use(await Front.start(pair, answer));
    const files = stack.use(await ClientFiles.write(api.origin, pair.authority, tokenFile));
    const clientCa = ca === undefined ? undefined : await caFront(ca, { traffic, pair, stack });
    return new ChaosProxy({ traffic, watches, api, files, ca: clientCa, stack: stack.move() });
  }

  /** Gives the client a new token by its token file, and refuses the old one. */
  async rotateToken(): Promise<void> {
    await this.#files.rotate();
  }

  /** Presents a certificate of another CA to the client, whose file has that CA; connections that there are, are reset. */
  async rotateCertificate(): Promise<void> {
    const pair = await makeServerPair('Chaos proxy', ['127.0.0.1']);
    await this.#files.trust(pair.authority);
    this.api.present(pair);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

interface Parts {
  readonly traffic: Traffic;
  readonly watches: Watches;
  readonly api: Front;
  readonly files: ClientFiles;
  readonly ca: CaAccess | undefined;
  readonly stack: AsyncDisposableStack;
}

interface ApiServerParts {
  readonly upstream: Upstream;
  readonly traffic: Traffic;
  readonly watches: Watches;
  readonly narrowing: Narrowing | undefined;
  readonly knows: (authorization: string | undefined) => boolean;
}

/** Answers for the API server. */
function apiServer({ upstream, traffic, watches, narrowing, knows }: ApiServerParts) {
  return async (asked: Incoming): Promise<Reply | undefined> => {
    const path = (await narrowing?.pathFor(asked.method, asked.path)) ?? asked.path;
    const incoming = { ...asked, path };
    const described = describeKube(asked.method, path, asked.headers['content-type'] ?? '');
    return traffic.take(described, incoming, async (call) => {
      if (!knows(asked.headers.authorization)) return statusReply(401);
      const isView = call.verb === 'list' || call.verb === 'watch';
      return isView ? watches.answer(call, incoming) : upstream.send(incoming);
    });
  };
}

/** Stands in front of the CA. */
async function caFront(
  { directory, bundle }: CaAccess,
  { traffic, pair, stack }: Pick<Parts, 'traffic' | 'stack'> & { readonly pair: Parameters<typeof Front.start>[0] },
): Promise<CaAccess> {
  const upstream = stack.use(Upstream.ca(directory, bundle));
  const front = stack.use(
    await Front.start(pair, (incoming) =>
      traffic.take(names.describe(incoming.method, incoming.path), incoming, async ({ resource }) => {
        const reply = await upstream.send(incoming);
        names.learn(resource, reply);
        return reply;
      }),
    ),
  );
  const { pathname } = new URL(directory);
  const names = new AcmeNames(`${front.origin}${pathname}`);
  return { directory: `${front.origin}${pathname}`, bundle: pair.authority };
}
