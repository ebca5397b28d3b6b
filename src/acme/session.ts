import { TransientError } from '../runtime/index.ts';
import { Fields, MalformedReplyError, type Whereabouts } from './fields.ts';
import { given } from './given.ts';
import { Signer } from './jws.ts';
import { linkTargets } from './links.ts';
import { Nonces } from './nonces.ts';
import { AcmeError, problemOf } from './problem.ts';
import { RedirectError } from './redirect.ts';
import { retryAfterMs } from './retry-after.ts';
import { type Call, hostOf, type Reply, Transport, unanswered } from './transport.ts';
import type { AccountAccess, AcmeClientsOptions, Problem } from './types.ts';

/** A signed request. */
export interface SignedCall {
  readonly url: string;
  readonly resource: string;
  /** Null: a POST-as-GET (RFC 8555 section 6.3). */
  readonly payload: object | null;
  /** Null: signed by the key alone. */
  readonly accountUrl: string | null;
  /** Whose key signs. Absent: that of the account. */
  readonly signer?: Signer;
  readonly accept?: string;
}

/** Of a CA that refuses every other nonce (Pebble can be told to), one request in two million is left unanswered. */
const mostBadNonces = 20;
const longestUrl = 2_048;

/**
 * Requests to one CA, plain and signed: nonces, problems and the reading of replies, common to all resources.
 *
 * Each method rejects as `AcmeClient` says.
 */
export class Session {
  readonly signer: Signer;
  readonly #transport: Transport;
  readonly #nonces: Nonces;
  readonly #where: Whereabouts;

  /** `newNonceUrl` is asked for when a nonce is needed and none is left. */
  constructor(access: AccountAccess, options: AcmeClientsOptions, newNonceUrl: () => Promise<string>) {
    this.signer = new Signer(access.keyPem);
    this.#transport = new Transport(access, options);
    const { protocol, host } = new URL(access.directoryUrl);
    this.#where = { schemes: [...new Set(['https:', protocol])], host };
    this.#nonces = new Nonces(async () => this.#fetchNonce(await newNonceUrl()));
  }

  /** An unsigned request (RFC 8555 section 6.3: directory and newNonce; RFC 9773: renewalInfo). */
  async get(resource: string, url: string, signal?: AbortSignal): Promise<Reply> {
    return this.#accepted(await this.#transport.send({ method: 'GET', url, resource }, signal));
  }

  /** A signed request. Sent again only where the nonce was refused, with the nonce of that refusal (section 6.5). */
  async post(request: SignedCall, signal?: AbortSignal): Promise<Reply> {
    const { url, resource, payload, accountUrl, accept, signer = this.signer } = request;
    let nonce: string | undefined = await this.#nonces.lend(signal);
    const since = performance.now();
    let lost: Error | undefined;
    try {
      for (let refused = 0; ; refused += 1) {
        const body = signer.sign(payload, { url, nonce, accountUrl });
        const call: Call = { method: 'POST', url, resource, body, ...given(accept, (type) => ({ accept: type })) };
        nonce = undefined; // spent, whatever comes of it
        const reply = await this.#transport.send(call, signal);
        nonce = nonceOf(reply);
        if (!isBadNonce(reply)) return this.#accepted(reply);
        if (nonce === undefined) throw unanswered(call, 'it refused a nonce and gave no other');
        if (refused === mostBadNonces) throw unanswered(call, `it refused ${refused + 1} nonces in a row`);
      }
    } catch (error) {
      if (error instanceof TransientError && nonce === undefined) lost = error;
      throw error;
    } finally {
      this.#nonces.giveBack(nonce, lost === undefined ? undefined : { error: lost, since });
    }
  }

  /**
   * Reads the JSON of a reply.
   *
   * @throws TransientError where `read` throws a MalformedReplyError.
   */
  read<T>(reply: Reply, read: (fields: Fields) => T): T {
    try {
      return read(new Fields(jsonOf(reply), this.#where));
    } catch (error) {
      if (!(error instanceof MalformedReplyError)) throw error;
      throw malformed(reply.call, error);
    }
  }

  /** The URL of what was made or found (RFC 8555 sections 7.3 and 7.4). */
  location(reply: Reply): string {
    const location = reply.headers('location')[0];
    try {
      if (location === undefined) throw new MalformedReplyError('has no Location');
      return new Fields({ Location: location }, this.#where).url('Location');
    } catch (error) {
      throw malformed(reply.call, error);
    }
  }

  /** The text of a reply in PEM. What its blocks are is not looked at. */
  pem(reply: Reply): string {
    if (reply.text.includes('-----BEGIN ')) return reply.text;
    throw malformed(reply.call, new MalformedReplyError('is no PEM'));
  }

  /** The targets of a reply's Link headers of one relation; those that lead elsewhere than to the CA are left out. */
  links(reply: Reply, relation: string): readonly string[] {
    const targets = linkTargets(reply.headers('link'), relation, reply.call.url);
    const { schemes, host } = this.#where;
    return targets.filter((target) => {
      const url = new URL(target);
      return schemes.includes(url.protocol) && url.host === host;
    });
  }

  /** Lets successes through and turns everything else into an error. */
  #accepted(reply: Reply): Reply {
    const { call, status } = reply;
    if (status >= 200 && status < 300) return reply;
    const problem = problemIn(reply);
    if (problem !== undefined) {
      throw new AcmeError({ ...problem, ...helpOf(reply) }, retryAfterOf(reply), this.#optionalLocation(reply));
    }
    if (status < 400) throw new RedirectError(call, status, this.#optionalLocation(reply));
    const what = 'without saying why (it may come from something before the CA, such as a load balancer)';
    throw unanswered(call, `status ${status}, ${what}`, undefined, retryAfterOf(reply));
  }

  /** For people alone: what is no plain URL is left out. */
  #optionalLocation({ headers, call }: Reply): string | undefined {
    const [location = ''] = headers('location');
    const url = location === '' || location.length > longestUrl ? null : URL.parse(location, call.url);
    return url !== null && this.#where.schemes.includes(url.protocol) ? url.href : undefined;
  }

  async #fetchNonce(url: string): Promise<string> {
    const reply = this.#accepted(await this.#transport.send({ method: 'HEAD', url, resource: 'newNonce' }, undefined));
    const nonce = nonceOf(reply);
    if (nonce === undefined) throw malformed(reply.call, new MalformedReplyError('has no Replay-Nonce'));
    return nonce;
  }
}

/** How long the CA asks to wait, where it does. */
export function retryAfterOf(reply: Reply): number | undefined {
  return retryAfterMs(reply.headers('retry-after')[0], reply.headers('date')[0], new Date());
}

/**
 * The problem that a refusal states. One of status 409 is the CA's own word without a document too: RFC 8555 section 7.3.5
 * wants nothing of it but a Location.
 */
function problemIn(reply: Reply): Problem | undefined {
  const { status } = reply;
  if (status < 400) return undefined;
  return (
    problemOf(jsonOf(reply), status) ??
    (status === 409 ? { type: 'about:blank', detail: 'Conflict', status } : undefined)
  );
}

/** Where the CA explains a refusal (RFC 8555 section 6.6). */
function helpOf({ headers, call }: Reply): Pick<Problem, 'help'> {
  const page = linkTargets(headers('link'), 'help', call.url).find((target) => /^https?:/.test(target));
  return page === undefined ? {} : { help: page };
}

/** The JSON of a reply; undefined where there is none. */
function jsonOf(reply: Reply): unknown {
  try {
    return JSON.parse(reply.text);
  } catch {
    return undefined;
  }
}

function isBadNonce(reply: Reply): boolean {
  return reply.status === 400 && problemOf(jsonOf(reply))?.type === 'badNonce';
}

/** Of the base64url alphabet, or ignored (RFC 8555 section 6.5.1). */
function nonceOf(reply: Reply): string | undefined {
  return reply.headers('replay-nonce').find((nonce) => /^[A-Za-z0-9_-]{1,512}$/.test(nonce));
}

function malformed({ url, resource }: Call, error: unknown): TransientError {
  const reason = error instanceof MalformedReplyError ? error.message : 'cannot be read';
  return new TransientError(`the CA's reply to the request for ${resource} at ${hostOf(url)} ${reason}`, {
    cause: error,
  });
}
