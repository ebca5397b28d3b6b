/** An IP address and a port as people write them: `192.0.2.1:80`, `[2001:db8::1]:80`. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What a network error means, by its code; each begins a clause that names the endpoint next. */
const clauses: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused by',
  ECONNRESET: 'the connection was closed without an answer by',
  EPIPE: 'the connection was closed without an answer by',
  ETIMEDOUT: 'no connection came about to',
  EHOSTUNREACH: 'there is no route to',
  ENETUNREACH: 'there is no route to',
  EADDRNOTAVAIL: 'there is no route to',
  EPROTO: 'no TLS session came about with',
};

/**
 * What went wrong on the way to an endpoint, as a clause such as `the connection was refused by 192.0.2.1:80`. Where
 * several addresses were tried, the one that was tried last speaks for all.
 */
export function connectionFailure(error: unknown, fallback: string): string {
  const last = error instanceof AggregateError ? (error.errors.at(-1) as unknown) : error;
  if (!(last instanceof Error)) return `nothing useful came from ${fallback}`;
  const { code = '', address, port } = last as NodeJS.ErrnoException & { address?: string; port?: number };
  const where = address === undefined || port === undefined ? fallback : endpoint(address, port);
  if (code.startsWith('HPE_')) return `what answered at ${where} is no HTTP server`;
  if (code.startsWith('ERR_SSL_')) return `no TLS session came about with ${where}`;
  return `${clauses[code] ?? `the connection failed (${code === '' ? last.name : code}) to`} ${where}`;
}
