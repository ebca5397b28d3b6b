import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { printable } from '../runtime/index.ts';
import { connectionFailure, endpoint } from './failure.ts';
import { ResolveError, resolveHost } from './resolve.ts';

/** What an HTTP probe found. */
export interface HttpAnswer {
  readonly ok: boolean;
  /** One sentence, without a full stop, that says what answered instead. Absent where `ok`. */
  readonly problem?: string;
}

/** Where an HTTP probe goes, and what it must find there. */
export interface HttpTarget {
  /** DNS name or IP address: stands in the Host header. */
  readonly host: string;
  /** Begins with a slash. */
  readonly path: string;
  /** Connect here in place of resolving `host`; redirects to another host are resolved all the same. */
  readonly address?: string;
  /** Connect to this port of `host` in place of 80. The Host header does not show it. */
  readonly port?: number;
  /** The body. Whitespace at its end does not count (RFC 8555 section 8.3). */
  readonly expect: string;
}

export interface ProbeOptions {
  /** For the whole probe, redirects included. Default: 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The network as a probe sees it: where a URL is found. */
export interface Network {
  addresses(url: URL, signal: AbortSignal): Promise<readonly string[]>;
  port(url: URL): number;
}

interface Visit {
  readonly status: number;
  readonly location: string | undefined;
  /** Undefined: larger than any that can be right. */
  readonly body: string | undefined;
  /** Who answered, such as `nginx at 192.0.2.1:80`. */
  readonly who: string;
}

const mostRedirects = 10;
const largestBody = 1_024;
const longestPath = 2_000;
const nextAddressMs = 1_000; // then the next address is tried as well
const redirects = new Set([301, 302, 307, 308]);

/** A probe on its way. */
interface Journey {
  /** The URLs visited, the last one included. */
  readonly trail: URL[];
  /** The endpoint of the last one; empty until its name is resolved. */
  where: string;
  readonly signal: AbortSignal;
}

/** A probe that ended without the expected answer. Its message is the problem. */
class ProblemFound extends Error {}

/**
 * Fetches a path over plain HTTP as a CA does for `http-01` (RFC 8555 section 8.3; what RFC leaves open, as Let's
 * Encrypt's Boulder): one request per connection, up to 10 redirects of status 301, 302, 307 or 308 to http or https on
 * port 80 or 443, no verification of TLS, IPv6 before IPv4, and only status 200 with the expected body will do.
 *
 * Never rejects for what the network does; rejects with the signal's reason when aborted.
 */
export async function probeHttp(target: HttpTarget, options: ProbeOptions = {}): Promise<HttpAnswer> {
  return probeOver(networkOf(target), target, options);
}

/** As `probeHttp`, over a given network. */
export async function probeOver(network: Network, target: HttpTarget, options: ProbeOptions): Promise<HttpAnswer> {
  const { timeoutMs = 5_000, signal } = options;
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  const journey: Journey = { trail: [], where: '', signal: either };
  try {
    await follow(network, target, journey);
    return { ok: true };
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted) return { ok: false, problem: late(journey, timeoutMs) };
    if (!(error instanceof ProblemFound)) throw error;
    return { ok: false, problem: error.message };
  }
}

function networkOf(target: HttpTarget): Network {
  const origin = originOf(target.host);
  const isTarget = (url: URL): boolean => url.hostname === origin.hostname;
  return {
    async addresses(url, signal) {
      if (target.address !== undefined && isTarget(url)) return [target.address];
      return resolveHost(url.hostname.replace(/^\[|\]$/g, ''), signal);
    },
    port: (url) => (target.port !== undefined && isTarget(url) && url.protocol === 'http:' ? target.port : portOf(url)),
  };
}

function originOf(host: string): URL {
  return new URL(`http://${isIP(host) === 6 ? `[${host}]` : host}/`);
}

/** Visits one URL after another until one answers without redirecting. */
async function follow(network: Network, target: HttpTarget, journey: Journey): Promise<void> {
  const { trail } = journey;
  for (let url = new URL(originOf(target.host).origin + target.path); ; ) {
    trail.push(url);
    const visit = await visitOne(network, url, journey);
    if (!redirects.has(visit.status) || visit.location === undefined) {
      judge(visit, target.expect, trail);
      return;
    }
    url = nextUrl(visit, trail);
  }
}

function nextUrl({ location = '', status, who }: Visit, trail: readonly URL[]): URL {
  const from = `${shown(trail.at(-1))} answered ${status} (${who}) with a redirect`;
  const next = URL.parse(location, trail.at(-1)?.href);
  if (next === null) throw new ProblemFound(`${from} to "${printable(location, 80)}", which is no URL`);
  const to = `${from} to ${shown(next)}`;
  const isWeb = next.protocol === 'http:' || next.protocol === 'https:';
  if (!isWeb || ![80, 443].includes(portOf(next))) throw new ProblemFound(`${to}; a CA follows only to port 80 or 443`);
  if (next.pathname.length > longestPath)
    throw new ProblemFound(`${from} to a path of more than ${longestPath} characters`);
  if (trail.some(({ href }) => href === next.href)) throw new ProblemFound(`${to}, which redirects in a circle`);
  if (trail.length > mostRedirects) throw new ProblemFound(`${to}, the last of more than ${mostRedirects} redirects`);
  return next;
}

function judge({ status, body, who }: Visit, expected: string, trail: readonly URL[]): void {
  const here = shown(trail.at(-1));
  const subject = trail.length === 1 ? here : `${shown(trail[0])} redirected to ${here}, which`;
  if (status !== 200) throw new ProblemFound(`${subject} answered ${status} (${who})`);
  if (body?.trimEnd() !== expected.trimEnd())
    throw new ProblemFound(`${subject} answered 200 with another body (${who})`);
}

async function visitOne(network: Network, url: URL, journey: Journey): Promise<Visit> {
  const { signal } = journey;
  journey.where = '';
  const port = network.port(url);
  const addresses = await addressesOf(network, url, signal);
  journey.where = endpoint(addresses[0] ?? url.hostname, port);
  try {
    const response = await respond(url, { addresses, port, signal });
    const { remoteAddress = addresses[0] ?? '', remotePort = port } = response.socket;
    const body = await bodyOf(response);
    const server = printable(String(response.headers.server ?? ''), 40);
    const who = `${server === '' ? '' : `${server} `}at ${endpoint(remoteAddress, remotePort)}`;
    return { status: response.statusCode ?? 0, location: response.headers.location, body, who };
  } catch (error) {
    signal.throwIfAborted();
    throw new ProblemFound(`${shown(url)} did not answer: ${connectionFailure(error, journey.where)}`, {
      cause: error,
    });
  }
}

async function addressesOf(network: Network, url: URL, signal: AbortSignal): Promise<readonly string[]> {
  try {
    return await network.addresses(url, signal);
  } catch (error) {
    if (error instanceof ResolveError) throw new ProblemFound(error.message, { cause: error });
    throw error;
  }
}

async function respond(
  url: URL,
  { addresses, port, signal }: { addresses: readonly string[]; port: number; signal: AbortSignal },
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const isName = isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0;
  const options = {
    host: 'probed.invalid', // never looked up: the addresses are known
    lookup: lookupOf(addresses),
    port,
    path: url.pathname + url.search,
    headers: { host: url.host, accept: '*/*', 'user-agent': 'evercert-probe', connection: 'close' },
    agent: false,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: nextAddressMs,
    signal,
    rejectUnauthorized: false,
    servername: isName ? url.hostname : '',
  } as const;
  const request = url.protocol === 'https:' ? tlsRequest(options) : plainRequest(options);
  request.once('response', resolve).on('error', reject).end();
  return promise;
}

function lookupOf(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, _options, done) => done(null, found);
}

async function bodyOf(response: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > largestBody) return undefined; // destroys the response and its connection
  }
  return Buffer.concat(chunks).toString('latin1');
}

function late({ trail, where }: Journey, timeoutMs: number): string {
  return `${shown(trail.at(-1))}${where === '' ? '' : ` at ${where}`} did not answer within ${timeoutMs / 1_000} s`;
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

function shown(url: URL | undefined): string {
  return printable(url?.href ?? '', 160);
}
