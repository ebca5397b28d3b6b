/**
 * An ACME client (RFC 8555, RFC 9773) of single protocol steps; knows no Kubernetes. Whoever calls it decides what comes
 * next, and when to try again.
 */
export { acmeClients } from './clients.ts';
export { AcmeError } from './problem.ts';
export { RedirectError } from './redirect.ts';
export { longestWaitMs } from './retry-after.ts';
export { type RevocationReason, type RevocationRequest, revocationReasons } from './revocation.ts';
export type * from './types.ts';
