import { jwkThumbprint, keySpecOf } from '../../../pki/index.ts';
import type { Observed } from '../observed.ts';
import { issuedOf } from '../secret/archive.ts';
import { revocationAsked } from './verbs.ts';

type World = Pick<Observed, 'certificate' | 'secret' | 'archive'>;

/**
 * Whether others may have this private key: the key of a certificate that was revoked for that reason, or whose revocation
 * for it is asked for. No certificate is made for it, and none with it is put into the Secret.
 */
export function isCompromised(seen: World, keyPem: string): boolean {
  const compromised = [...remembered(seen), ...asked(seen)];
  const thumbprint = compromised.length === 0 ? undefined : thumbprintOf(keyPem);
  return thumbprint !== undefined && compromised.includes(thumbprint);
}

/** The RFC 7638 thumbprint of a key; undefined for what is none. */
export function thumbprintOf(keyPem: string): string | undefined {
  return keySpecOf(keyPem) === undefined ? undefined : jwkThumbprint(keyPem);
}

function remembered({ archive }: World): string[] {
  return [...(archive?.memory.values() ?? [])].flatMap(({ revoked }) => revoked?.key ?? []);
}

function asked({ certificate, secret, archive }: World): string[] {
  const revocation = revocationAsked(certificate);
  if (revocation?.reason !== 'keyCompromise') return [];
  const { fingerprint } = revocation;
  const inUse = secret.kind === 'ours' && secret.issued?.fingerprint === fingerprint ? [secret.keyPem] : [];
  const archived = archive?.history.filter((version) => issuedOf(version)?.fingerprint === fingerprint) ?? [];
  return [...inUse, ...archived.map(({ keyPem }) => keyPem)].flatMap((keyPem) => thumbprintOf(keyPem) ?? []);
}
