import { BlockList, isIP } from 'node:net';
import { TerminalError } from '../runtime/index.ts';

/** The proxy that the environment names, as Go programs read it. */
export interface EnvironmentProxy {
  /** `HTTPS_PROXY`: a URL, or `HOST:PORT` of an HTTP proxy. */
  readonly httpsProxy?: string | undefined;
  /** `NO_PROXY`: hosts, domains, addresses and CIDRs that are reached without it, separated by commas. */
  readonly noProxy?: string | undefined;
}

/**
 * The URL of the proxy on the way to a server, by the rules of Go's `httpproxy` package, which kubectl and all clients in Go
 * follow: for https alone; never to this machine itself; `example.com` stands for its subdomains too, `.example.com` and
 * `*.example.com` for them alone, `*` for everything; a port limits an entry to itself.
 *
 * @throws TerminalError for a proxy that is no URL.
 */
export function proxyFor(server: string, { httpsProxy, noProxy = '' }: EnvironmentProxy): string | undefined {
  if (httpsProxy === undefined || !URL.canParse(server)) return undefined;
  const { protocol, hostname, port } = new URL(server);
  if (protocol !== 'https:') return undefined;
  const host = bare(hostname);
  const isException = noProxy.split(',').some((entry) => matches(entry.trim().toLowerCase(), host, port || '443'));
  return isThisMachine(host) || isException ? undefined : proxyUrl(httpsProxy);
}

function proxyUrl(text: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  // It may hold a password, so nothing of it is told.
  if (!URL.canParse(url)) throw new TerminalError('the proxy that HTTPS_PROXY names is no URL');
  return url;
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || (isIP(host) !== 0 && within(host, isIP(host) === 4 ? '127.0.0.0/8' : '::1/128'));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (entry.includes('/')) return isIP(host) !== 0 && within(host, entry);
  const { name, only } = splitPort(entry);
  if (only !== undefined && only !== port) return false;
  if (isIP(host) !== 0) return isIP(name) !== 0 && within(host, `${name}/${isIP(name) === 4 ? 32 : 128}`);
  const domain = name.replace(/^\*?\./, '.');
  return host.endsWith(domain.startsWith('.') ? domain : `.${domain}`) || host === domain;
}

/** `host:443`, `[2001:db8::1]:443`, or either without a port. */
function splitPort(entry: string): { readonly name: string; readonly only: string | undefined } {
  if (isIP(entry) !== 0) return { name: entry, only: undefined };
  const [, name = entry, only] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
  return { name: bare(name), only };
}

function bare(host: string): string {
  return host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
}

/** False for a CIDR that is none. */
function within(address: string, cidr: string): boolean {
  const [network = '', length = ''] = cidr.split('/');
  const bits = Number(length);
  const version = isIP(network);
  if (version === 0 || !/^\d{1,3}$/.test(length) || bits > (version === 4 ? 32 : 128)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
