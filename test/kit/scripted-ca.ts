import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AccountAccess, type AcmeClient, type AcmeClientsOptions, acmeClients } from '../../src/acme/index.ts';
import { Listeners } from './listeners.ts';

/** A JWS as it was sent, and decoded. */
export interface SeenJws {
  readonly header: Record<string, unknown>;
  /** Empty for a POST-as-GET. */
  readonly payload: string;
  readonly signature: string;
  /** What the signature is over. */
  readonly signed: string;
}

/** A request as the CA saw it. */
export interface SeenRequest extends SeenJws {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the CA answers. */
export interface ScriptedReply {
  readonly status?: number;
  readonly headers?: Record<string, string | string[]>;
  /** An object is sent as JSON; undefined answers nothing at all and keeps the connection open. */
  readonly body?: object | string | undefined;
}

type Script = (request: SeenRequest) => ScriptedReply;

/**
 * A CA over plain HTTP that says what a test tells it to, one script per path, and notes what it was asked. Each reply
 * to a POST or HEAD carries a new nonce, `nonce-1` and so on; whether a nonce is good is up to the script.
 */
export class ScriptedCa {
  readonly requests: SeenRequest[] = [];
  readonly #scripts = new Map<string, Script>();
  readonly #listeners = new Listeners();
  #nonces = 0;
  #url = '';

  /** A CA with a directory, newNonce and an account `/account/1` for whoever asks. */
  static async start(meta: object = {}): Promise<ScriptedCa> {
    const ca = new ScriptedCa();
    const server = createServer((request, response) => void ca.#answer(request, response));
    server.keepAliveTimeout = 1_000;
    ca.#url = `http://127.0.0.1:${await ca.#listeners.listen(server)}`;
    ca.on('/directory', {
      body: {
        newNonce: ca.url('/new-nonce'),
        newAccount: ca.url('/new-account'),
        newOrder: ca.url('/new-order'),
        keyChange: ca.url('/key-change'),
        revokeCert: ca.url('/revoke-cert'),
        meta,
      },
    });
    ca.on('/new-nonce', {});
    ca.on('/new-account', { headers: { location: ca.url('/account/1') }, body: { status: 'valid' } });
    return ca;
  }

  /** Sets what is answered under a path; nothing else answers anything but 404. */
  on(path: string, reply: ScriptedReply | Script): void {
    this.#scripts.set(path, typeof reply === 'function' ? reply : () => reply);
  }

  url(path: string): string {
    return this.#url + path;
  }

  /** An order at `/order/1`, as the CA writes it. */
  order(members: object = {}): object {
    return {
      status: 'pending',
      identifiers: [{ type: 'dns', value: 'shop.example' }],
      authorizations: [this.url('/authorization/1')],
      finalize: this.url('/order/1/finalize'),
      ...members,
    };
  }

  /** The answer to newOrder. */
  newOrder(members: object = {}): ScriptedReply {
    return { status: 201, headers: { location: this.url('/order/1') }, body: this.order(members) };
  }

  /** A client of its account `/account/1`, with a state of its own. */
  client(access: Partial<AccountAccess> & { keyPem: string }, options: Partial<AcmeClientsOptions> = {}): AcmeClient {
    const clients = acmeClients({ userAgent: 'evercert/0.1.0', ...options });
    return clients({ directoryUrl: this.url('/directory'), accountUrl: this.url('/account/1'), ...access });
  }

  /** Method and path of each request so far. */
  get log(): readonly string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  /** The requests to one path. */
  to(path: string): readonly SeenRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  close(): void {
    this.#listeners.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await seenOf(request);
    this.requests.push(seen);
    const reply = this.#scripts.get(seen.path)?.(seen) ?? { status: 404, body: 'nothing here' };
    if ('body' in reply && reply.body === undefined) return;
    if (seen.method !== 'GET') this.#nonces += 1;
    const nonce = seen.method === 'GET' ? {} : { 'replay-nonce': `nonce-${this.#nonces}` };
    response.writeHead(reply.status ?? 200, { ...nonce, ...reply.headers });
    response.end(typeof reply.body === 'object' ? JSON.stringify(reply.body) : reply.body);
  }
}

async function seenOf(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body,
    ...jwsOf(body === '' ? {} : JSON.parse(body)),
  };
}

/** Takes a JWS apart; its signature is not verified. */
export function jwsOf(value: unknown): SeenJws {
  const { protected: header = '', payload = '', signature = '' } = recordOf(value);
  return {
    header: header === '' ? {} : recordOf(JSON.parse(decoded(header))),
    payload: decoded(payload),
    signature: String(signature),
    signed: `${String(header)}.${String(payload)}`,
  };
}

/** The members of a JSON object, or of its text. */
export function recordOf(value: unknown): Record<string, unknown> {
  const object: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  if (typeof object !== 'object' || object === null) throw new Error('not an object');
  return { ...object };
}

function decoded(value: unknown): string {
  return Buffer.from(String(value), 'base64url').toString();
}
