import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Listeners } from '../kit/listeners.ts';
import { jwsOf, recordOf } from '../kit/scripted-ca.ts';
import { selfSigned } from '../kit/self-signed.ts';
import { readCsr } from '../sim/ca/csr.ts';
import { type Certified, chainOf } from './chain.ts';

/** What a CA is asked for, in the words of the RFC. */
export type Resource =
  | 'directory'
  | 'newNonce'
  | 'newAccount'
  | 'newOrder'
  | 'order'
  | 'authorization'
  | 'challenge'
  | 'finalize'
  | 'certificate';

/** What a CA answers: a body, which is sent as JSON where it is an object, or whatever is done to the connection. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: object | string | Uint8Array;
  /** In place of all of these. */
  readonly raw?: (response: ServerResponse) => void;
}

/** One request, as whoever twists its reply sees it. */
export interface Asked {
  /** The absolute URL of a path of this CA. */
  readonly url: (path: string) => string;
  /** Which request for this resource it is since the CA turned hostile: 1 is the first. */
  readonly nth: number;
  /** The number of the order that it is about; 0 where it is about none. */
  readonly order: number;
  readonly names: readonly string[];
  /** The chain that the order would get if it were certified like this. */
  readonly certify: (changes: Partial<Certified>) => string;
}

/** Makes a dishonest reply of the honest one. */
export type Twist = (honest: Reply, asked: Asked) => Reply;

/** Where a CA departs from an honest one. */
export type Deviation = Partial<Record<Resource | 'every', Twist>>;

interface KeptOrder {
  readonly id: number;
  readonly names: readonly string[];
  readonly proven: Set<number>;
  publicKey?: Uint8Array;
}

/** What is honestly answered. */
interface Answer {
  readonly resource: Resource;
  readonly order?: KeptOrder;
  readonly reply: Reply;
}

const fixed = ['directory', 'newNonce', 'newAccount', 'newOrder'] as const;
const pair = selfSigned('127.0.0.1');

/**
 * An ACME server over HTTPS on a free port that does what RFC 8555 asks for and no more: it verifies no signature, takes
 * any nonce, and believes a challenge as soon as it is told of it. What makes it hostile is a {@link Deviation}, which may
 * be given and taken while it runs.
 */
export class HostileCa implements AsyncDisposable {
  readonly caBundle: string;
  readonly host: string;
  /** What was asked for and when, in its order. */
  readonly requests: { readonly resource: Resource; readonly at: Date }[] = [];
  readonly #now: () => Date;
  readonly #listeners = new Listeners();
  readonly #server: Server;
  readonly #orders: KeptOrder[] = [];
  readonly #asked = new Map<Resource, number>();
  #deviation: Deviation = {};

  /** `now` is the time that certificates are valid around. */
  static async start(now: () => Date): Promise<HostileCa> {
    const { certificate, key } = await pair;
    const server = createServer({ cert: certificate, key });
    const listeners = new Listeners();
    return new HostileCa({ server, listeners, now, certificate, port: await listeners.listen(server) });
  }

  private constructor(parts: {
    server: Server;
    listeners: Listeners;
    now: () => Date;
    certificate: string;
    port: number;
  }) {
    this.caBundle = parts.certificate;
    this.host = `127.0.0.1:${parts.port}`;
    this.#now = parts.now;
    this.#listeners = parts.listeners;
    this.#server = parts.server;
    this.#server.on('request', (request, response) => void this.#serve(request, response));
  }

  get directoryUrl(): string {
    return this.#url('/directory');
  }

  /** From now on it departs from the honest one like this; by nothing where nothing is given. */
  become(deviation: Deviation = {}): void {
    this.#deviation = deviation;
    this.#asked.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.close();
    this.#server.closeAllConnections();
  }

  #url(path: string): string {
    return `https://${this.host}${path}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {}); // whom it answers may be gone
    const payload = await payloadOf(request);
    const path = request.url ?? '';
    const { resource, order, reply } = this.#honest(path, payload);
    this.requests.push({ resource, at: this.#now() });
    const nth = (this.#asked.get(resource) ?? 0) + 1;
    this.#asked.set(resource, nth);
    const asked: Asked = {
      nth,
      url: (to) => this.#url(to),
      order: order?.id ?? 0,
      names: order?.names ?? [],
      certify: (changes) => this.#certify(order, changes),
    };
    const twisted = this.#deviation[resource]?.(reply, asked) ?? reply;
    send(response, this.#deviation.every?.(twisted, asked) ?? twisted);
  }

  #honest(path: string, payload: Record<string, unknown>): Answer {
    const [, kind = '', id = '', last = ''] = path.split('/');
    const offered = fixed.find((name) => name === kind);
    if (offered !== undefined) return this.#offered(offered, payload);
    const [number = '', index = '0'] = id.split('-');
    const order = this.#orders[Number(number) - 1];
    if (order === undefined) return { resource: 'order', reply: { ...ok('nothing here'), status: 404 } };
    return { order, ...this.#about(order, { kind, index: Number(index), isFinal: last === 'finalize' }, payload) };
  }

  #offered(resource: (typeof fixed)[number], payload: Record<string, unknown>): Answer {
    switch (resource) {
      case 'directory':
        return { resource, reply: ok(Object.fromEntries(fixed.slice(1).map((name) => [name, this.#url(`/${name}`)]))) };
      case 'newNonce':
        return { resource, reply: ok('') };
      case 'newAccount':
        return { resource, reply: at(ok({ status: 'valid' }), this.#url('/account/1')) };
      case 'newOrder':
        return this.#place(payload);
    }
  }

  #about(
    order: KeptOrder,
    { kind, index, isFinal }: { kind: string; index: number; isFinal: boolean },
    { csr }: Record<string, unknown>,
  ): Answer {
    switch (kind) {
      case 'authorization':
        return { resource: kind, reply: ok(this.#authorization(order, index)) };
      case 'challenge':
        order.proven.add(index);
        return { resource: kind, reply: ok(this.#challenge(order, index)) };
      case 'certificate':
        return { resource: kind, reply: ok(this.#certify(order, {})) };
      default:
        if (isFinal) order.publicKey = readCsr(Buffer.from(String(csr), 'base64url')).publicKey;
        return { resource: isFinal ? 'finalize' : 'order', reply: ok(this.#order(order)) };
    }
  }

  #place({ identifiers }: Record<string, unknown>): Answer {
    const order = {
      id: this.#orders.length + 1,
      names: (identifiers as { value: string }[]).map(({ value }) => value),
      proven: new Set<number>(),
    };
    this.#orders.push(order);
    const reply = at({ ...ok(this.#order(order)), status: 201 }, this.#url(`/order/${order.id}`));
    return { resource: 'newOrder', order, reply };
  }

  #order({ id, names: asked, proven, publicKey }: KeptOrder): object {
    const isReady = proven.size === asked.length;
    return {
      status: publicKey === undefined ? (isReady ? 'ready' : 'pending') : 'valid',
      identifiers: asked.map((value) => ({ type: 'dns', value })),
      authorizations: asked.map((_, index) => this.#url(`/authorization/${id}-${index}`)),
      finalize: this.#url(`/order/${id}/finalize`),
      ...(publicKey === undefined ? {} : { certificate: this.#url(`/certificate/${id}`) }),
    };
  }

  #authorization(order: KeptOrder, index: number): object {
    return {
      status: order.proven.has(index) ? 'valid' : 'pending',
      identifier: { type: 'dns', value: order.names[index] },
      challenges: [this.#challenge(order, index)],
    };
  }

  #challenge({ id, proven }: KeptOrder, index: number): object {
    return {
      type: 'http-01',
      url: this.#url(`/challenge/${id}-${index}`),
      status: proven.has(index) ? 'valid' : 'pending',
      token: `token-${id}-${index}`,
    };
  }

  #certify(order: KeptOrder | undefined, changes: Partial<Certified>): string {
    const { names: asked = [], publicKey } = order ?? {};
    if (publicKey === undefined) return '';
    return chainOf({ names: asked, publicKey, from: this.#now(), days: 90, by: 'Issuer', ...changes });
  }
}

function ok(body: object | string): Reply {
  return { status: 200, headers: {}, body };
}

function at(reply: Reply, location: string): Reply {
  return { ...reply, headers: { ...reply.headers, location } };
}

async function payloadOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { payload } = jwsOf(chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString()));
  return payload === '' ? {} : recordOf(payload);
}

let nonces = 0;

function send(response: ServerResponse, { status, headers, body, raw }: Reply): void {
  if (raw !== undefined) {
    raw(response);
    return;
  }
  nonces += 1;
  response.writeHead(status, { 'replay-nonce': `nonce-${nonces}`, ...(headers as Record<string, string | string[]>) });
  response.end(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body));
}
