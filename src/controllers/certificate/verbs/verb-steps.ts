import type { CertificateRow } from '../../certificate-row.ts';
import type { Observed, SecretSeen } from '../observed.ts';
import { type ArchiveContent, contentOf } from '../secret/archive.ts';
import type { NewVersion } from '../secret/secret.ts';
import { type Doomed, revocationOf } from './revocation.ts';
import { archiveForRollback, memoryOfHeld, rollbackOf } from './rollback.ts';
import { wantsTemporary } from './temporary.ts';
import { revocationAsked, rollbackAsked } from './verbs.ts';

/** What a verb asks for now. */
export type VerbStep =
  | { readonly step: 'storeArchive'; readonly content: ArchiveContent }
  | { readonly step: 'putBack'; readonly version: NewVersion }
  | { readonly step: 'revoke'; readonly doomed: Doomed }
  | { readonly step: 'storeTemporary' };

type World = Pick<Observed, 'certificate' | 'secret' | 'archive' | 'unrevoked'>;

/** The next step that a verb asks for, if any. Pure. */
export function verbStep(seen: World, now: Date): VerbStep | undefined {
  const temporary = wantsTemporary(seen) ? ({ step: 'storeTemporary' } as const) : undefined;
  return revocationStep(seen, now) ?? rollbackStep(seen, now) ?? temporary;
}

/** When a verb asks for its next step, where that takes nothing but time. */
export function verbDueAt(seen: World, now: Date): Date | undefined {
  const revocation = revocationOf(seen, now);
  if (revocation?.state === 'waiting') return revocation.until;
  return revocation?.state === 'due' && seen.unrevoked?.refused === false ? seen.unrevoked.retryAt : undefined;
}

/**
 * Whether the archive is to be looked at also while nothing is issued: a verb asks for it, or the Secret may hold what was
 * revoked, because it was before, or because it is not what we left there.
 */
export function asksForArchive(certificate: CertificateRow, secret: SecretSeen): boolean {
  if (rollbackAsked(certificate) !== undefined || revocationAsked(certificate) !== undefined) return true;
  const { conditions = [], fingerprint } = certificate.status;
  if (conditions.some(({ type }) => type === 'Revoked')) return true;
  return secret.kind === 'ours' && secret.issued !== undefined && secret.issued.fingerprint !== fingerprint;
}

function revocationStep(seen: World, now: Date): VerbStep | undefined {
  const revocation = revocationOf(seen, now);
  if (revocation?.state !== 'due') return undefined;
  const { unrevoked } = seen;
  const isHeld = unrevoked !== undefined && (unrevoked.refused || unrevoked.retryAt > now);
  return isHeld ? undefined : { step: 'revoke', doomed: revocation.doomed };
}

function rollbackStep(seen: World, now: Date): VerbStep | undefined {
  const rollback = rollbackOf(seen, now);
  switch (rollback?.state) {
    case 'toArchive':
      return { step: 'storeArchive', content: archiveForRollback(seen, now) };
    case 'toStore':
      return { step: 'putBack', version: rollback.version };
    case 'held':
      if (rollback.isKnown) return undefined;
      return { step: 'storeArchive', content: { ...contentOf(seen.archive), memory: memoryOfHeld(seen, now) } };
    case 'superseded':
    case 'refused':
    case undefined:
      return undefined;
  }
}
