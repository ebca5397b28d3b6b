import { generateKey, selfSignedCertificate } from '../../../pki/index.ts';
import type { Observed } from '../observed.ts';
import { keySpecFor } from '../policies.ts';
import type { NewVersion } from '../secret/secret.ts';
import { temporaryAsked } from './verbs.ts';

/** Subject and issuer of every temporary certificate: it is known by that. */
const commonName = 'Evercert temporary certificate';
export const temporaryIssuer = `CN=${commonName}`;

const hourMs = 3_600_000;
/** A server starts with one that has expired, too. */
const lifetimeMs = 30 * 24 * hourMs;

/**
 * Whether the Secret is to hold a temporary certificate now: asked for, no certificate was ever issued, and no pair is there,
 * whoever put it there.
 */
export function wantsTemporary({ certificate, secret }: Pick<Observed, 'certificate' | 'secret'>): boolean {
  if (!temporaryAsked(certificate) || certificate.status.revision !== undefined) return false;
  return secret.kind === 'absent' || (secret.kind === 'ours' && (secret.chainPem === '' || secret.keyPem === ''));
}

/** A self-signed certificate for the names that are asked for, with a key of the kind that is asked for. */
export async function temporaryVersion(
  { certificate, secret }: Pick<Observed, 'certificate' | 'secret'>,
  now: Date,
): Promise<NewVersion> {
  const keyPem = await generateKey(keySpecFor(certificate, secret));
  const chainPem = await selfSignedCertificate({
    commonName,
    names: certificate.names,
    keyPem,
    notBefore: new Date(now.getTime() - hourMs),
    notAfter: new Date(now.getTime() + lifetimeMs),
  });
  return { revision: 0, issuedAt: now, temporary: true, chainPem, keyPem };
}
