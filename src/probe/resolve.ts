import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** A name without an address. Its message is a sentence. */
export class ResolveError extends Error {
  override readonly name = 'ResolveError';
}

const absent = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * The addresses of a host as DNS has them, IPv6 first, as CAs try them. Asks the DNS servers of the machine by sockets of
 * its own: the system's resolver would hold one of four threads, which everything shares, for as long as a name server
 * is silent. So the hosts file and search domains do not count, as for a CA.
 *
 * `servers`: asked in place of those of the machine.
 *
 * @throws ResolveError where there is no address; the signal's reason where aborted.
 */
export async function resolveHost(host: string, signal: AbortSignal, servers?: readonly string[]): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: 1_500, tries: 2 });
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve6(host), resolver.resolve4(host)]);
    signal.throwIfAborted();
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length === 0) throw new ResolveError(whyNot(host, answers));
    return addresses;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function whyNot(host: string, answers: readonly PromiseSettledResult<unknown>[]): string {
  const codes = answers.flatMap((answer) => (answer.status === 'rejected' ? [codeOf(answer.reason)] : []));
  const failure = codes.find((code) => !absent.has(code));
  if (failure !== undefined)
    return `the name ${host} cannot be resolved at the moment: the name servers answered ${failure}`;
  return codes.every((code) => code === 'ENODATA')
    ? `the name ${host} has neither an A nor an AAAA record`
    : `the name ${host} does not resolve`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an error';
}
