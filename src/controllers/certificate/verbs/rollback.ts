import { remembering } from '../memory.ts';
import type { ArchivedVersion, Memory, Observed, Remembered } from '../observed.ts';
import { mismatch } from '../policies.ts';
import { emergencyOf } from '../renewal/renewal-time.ts';
import { asSecret, issuedOf, movedOn } from '../secret/archive.ts';
import { nextRevision, reachedRevision } from '../secret/revisions.ts';
import type { NewVersion } from '../secret/secret.ts';
import { takenBack } from './revocation.ts';
import { type RollbackAsked, rollbackAsked } from './verbs.ts';

/** A time asked for may lie this far ahead of our clock. */
const clockSkewMs = 3_600_000;

/** What is to become of the wish to have an earlier certificate back. */
export type Rollback =
  /** The Secret holds it; `isKnown` where the archive remembers that it does so by this wish. */
  | { readonly state: 'held'; readonly isKnown: boolean }
  /** Its turn comes once the archive holds what is in use, and remembers the wish. */
  | { readonly state: 'toArchive' }
  | { readonly state: 'toStore'; readonly version: NewVersion }
  /** It was put back for this wish, and replaced since. */
  | { readonly state: 'superseded'; readonly at: Date }
  /** A sentence that says why, and what may be asked for. */
  | { readonly state: 'refused'; readonly why: string };

type World = Pick<Observed, 'certificate' | 'secret' | 'archive'>;

/** What is to become of the annotation `evercert.dev/rollback`; undefined where there is none that can be read. Pure. */
export function rollbackOf(seen: World, now: Date): Rollback | undefined {
  const { certificate, secret } = seen;
  const asked = rollbackAsked(certificate);
  if (asked === undefined || secret.kind === 'foreign') return undefined;
  const putBack = putBackFor(seen, asked);
  if (secret.kind === 'ours' && secret.issued?.fingerprint === asked.fingerprint) {
    return { state: 'held', isKnown: putBack !== undefined };
  }
  const isReached = putBack !== undefined && putBack.revision <= reachedRevision(seen);
  return isReached ? { state: 'superseded', at: putBack.at } : unfulfilled(seen, asked, now);
}

/** That the certificate was put back for this wish, or is just being. */
function putBackFor({ archive }: World, { fingerprint, at }: RollbackAsked): Remembered['putBack'] {
  const putBack = archive?.memory.get(fingerprint)?.putBack;
  return putBack !== undefined && (at === undefined || putBack.at >= at) ? putBack : undefined;
}

function unfulfilled(seen: World, asked: RollbackAsked, now: Date): Rollback {
  const { archive } = seen;

  const version = archive?.history.find((one) => issuedOf(one)?.fingerprint === asked.fingerprint);
  const why = version === undefined ? 'the archive has no such certificate' : problemOf(seen, version, now);
  if (version === undefined || why !== undefined || isAhead(asked, now)) {
    return { state: 'refused', why: refusal(seen, asked, why ?? 'the time in it lies ahead', now) };
  }
  const putBack = putBackFor(seen, asked);
  if (putBack === undefined || !isArchived(seen)) return { state: 'toArchive' };
  const { chainPem, keyPem } = version;
  const issuerKey = archive?.memory.get(asked.fingerprint)?.issuer;
  return { state: 'toStore', version: { revision: putBack.revision, issuedAt: now, issuerKey, chainPem, keyPem } };
}

/** What the archive is to hold before the Secret is written: what is in use, and that the wish is being fulfilled. */
export function archiveForRollback(
  seen: World,
  now: Date,
): { readonly history: readonly ArchivedVersion[]; readonly memory: Memory } {
  const asked = rollbackAsked(seen.certificate);
  const { history, memory } = movedOn(seen);
  if (asked === undefined) return { history, memory };
  const at = asked.at !== undefined && asked.at > now ? asked.at : now;
  const revision = nextRevision(seen);
  return {
    // It stands under the revision that it will have, so that it is found by it where the Secret is lost later.
    history: history.map((one) => (issuedOf(one)?.fingerprint === asked.fingerprint ? { ...one, revision } : one)),
    memory: remembering(memory, asked.fingerprint, { putBack: { at, revision } }),
  };
}

/** The memory that what is in use was asked for, so that it is not put back once more after its renewal. */
export function memoryOfHeld(seen: World, now: Date): Memory {
  const { certificate, archive } = seen;
  const memory: Memory = archive?.memory ?? new Map();
  const asked = rollbackAsked(certificate);
  if (asked === undefined) return memory;
  return remembering(memory, asked.fingerprint, { putBack: { at: now, revision: reachedRevision(seen) } });
}

function isAhead({ at }: RollbackAsked, now: Date): boolean {
  return at !== undefined && at.getTime() > now.getTime() + clockSkewMs;
}

/** Whether the archive holds what the Secret does. */
function isArchived({ secret, archive }: World): boolean {
  if (secret.kind !== 'ours' || secret.issued === undefined) return true;
  const { fingerprint } = secret.issued;
  return archive?.history.some((one) => issuedOf(one)?.fingerprint === fingerprint) === true;
}

/** Why an archived version must not be put into the Secret; undefined where it may. Completes "it cannot be put back: …". */
export function problemOf(seen: World, version: ArchivedVersion, now: Date): string | undefined {
  const { certificate, archive } = seen;
  const issued = issuedOf(version);
  if (issued === undefined) return 'it cannot be read, or its key does not fit';
  const why = takenBack(seen, version, issued);
  if (why !== undefined) return why;
  if (issued.notAfter <= now) return `it expired at ${issued.notAfter.toISOString()}`;
  if (emergencyOf(issued) <= now.getTime())
    return `it expires at ${issued.notAfter.toISOString()}, too soon to go on with it`;
  return mismatch(certificate, asSecret(version, issued, archive?.memory.get(issued.fingerprint)?.issuer), now);
}

function refusal(seen: World, { fingerprint }: RollbackAsked, why: string, now: Date): string {
  const possible = (seen.archive?.history ?? []).flatMap((version) => {
    const issued = problemOf(seen, version, now) === undefined ? issuedOf(version) : undefined;
    return issued === undefined ? [] : [`${issued.fingerprint} (until ${issued.notAfter.toISOString().slice(0, 10)})`];
  });
  const others = possible.length === 0 ? 'nothing' : possible.join(', ');
  return `The certificate ${fingerprint} cannot be put back: ${why}. What can be put back: ${others}.`;
}
