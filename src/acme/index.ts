/**
 * An ACME client (RFC 8555, RFC 9773) of single protocol steps; knows no Kubernetes. Whoever calls it decides what comes
 * next and when to try again.
 */
import type { AccountAccess, AcmeClient, AcmeClientsOptions } from './types.ts';

export { AcmeError } from './problem.ts';
export type * from './types.ts';
/** Gives the one client of an account, made at its first use (the same nonce pool and connections for the same access). */
export declare function acmeClients(options: AcmeClientsOptions): (access: AccountAccess) => AcmeClient;
