import { createHash } from 'node:crypto';
import { keySpecOf } from '../pki/index.ts';
import { TerminalError } from '../runtime/index.ts';
import { AccountClient } from './client.ts';
import type { AccountAccess, AcmeClient, AcmeClientsOptions } from './types.ts';

const mostClients = 1_000;

/**
 * Gives the one client of an account, made at its first use: the same nonces, connections and directory for the same
 * access. Holds up to 1,000; who was not asked for the longest is forgotten first.
 *
 * The function throws a `TerminalError` for an access that no CA could be asked with.
 */
export function acmeClients(options: AcmeClientsOptions): (access: AccountAccess) => AcmeClient {
  const clients = new Map<string, AcmeClient>(); // in order of use
  return (access) => {
    const id = idOf(access);
    const client = clients.get(id) ?? new AccountClient(checked(access), options);
    clients.delete(id);
    clients.set(id, client);
    for (const oldest of clients.keys()) {
      if (clients.size <= mostClients) break;
      clients.delete(oldest); // its idle connections close by themselves
    }
    return client;
  };
}

/** A digest, so that no second copy of a private key is kept as the key of a map. */
function idOf({ directoryUrl, caBundle, skipTLSVerify = false, keyPem, accountUrl }: AccountAccess): string {
  const parts = [directoryUrl, caBundle ?? null, skipTLSVerify, keyPem, accountUrl ?? null];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function checked(access: AccountAccess): AccountAccess {
  const directory = URL.parse(access.directoryUrl);
  if (directory?.protocol !== 'https:' && directory?.protocol !== 'http:') {
    throw new TerminalError('the address of the ACME directory is no https URL');
  }
  if (keySpecOf(access.keyPem) === undefined) {
    throw new TerminalError(
      'the account key is no private key that ACME can use: ECDSA P-256 or P-384, or RSA, in PEM',
    );
  }
  if (access.caBundle !== undefined && !access.caBundle.includes('-----BEGIN CERTIFICATE-----')) {
    throw new TerminalError('the caBundle holds no certificate in PEM');
  }
  return access;
}
