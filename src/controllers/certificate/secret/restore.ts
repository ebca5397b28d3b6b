import { timeOf } from '../../../api/index.ts';
import type { ArchivedVersion, Observed, OwnSecret } from '../observed.ts';
import { satisfies } from '../policies.ts';
import { isCompromised } from '../verbs/compromised.ts';
import { takenBack } from '../verbs/revocation.ts';
import { asSecret, issuedOf } from './archive.ts';
import type { Repair } from './repair.ts';
import { nextRevision } from './revisions.ts';
import type { NewVersion } from './secret.ts';
import { storedAnew } from './secret-seen.ts';

/** A version whose key is archived, and whose certificate the CA still gives. */
export type FetchableVersion = Omit<NewVersion, 'chainPem'> & { readonly certificateURL: string };

/** How a lost certificate comes back without an order. */
export type Restoration =
  | Repair
  | (Omit<Repair, 'step' | 'version'> & { readonly step: 'fetchVersion'; readonly version: FetchableVersion });

/**
 * Whether the Secret does not hold any more what we stored in it: it is gone, was emptied, or holds another pair than our
 * annotations tell of. What such a pair is worth is judged once what we stored cannot be had.
 */
export function isLost({ certificate, secret }: Pick<Observed, 'certificate' | 'secret'>): boolean {
  if (certificate.status.revision === undefined || secret.kind === 'foreign') return false;
  return secret.kind === 'absent' || secret.issued === undefined || isReplaced(secret);
}

function isReplaced({ fingerprint, issued }: OwnSecret): boolean {
  return fingerprint !== undefined && fingerprint !== issued?.fingerprint;
}

const told = { reason: 'SecretRestored', why: 'the certificate that was issued did not stand in it' } as const;

/**
 * What to put back of what the spec still asks for: the certificate that was lost, from the archive or by its archived key from the
 * CA; else an earlier one. Undefined where there is nothing, so that it takes an order.
 *
 * @param mayAsk the CA can be asked now.
 */
export function restorationOf(seen: Observed, now: Date, mayAsk: boolean): Restoration | undefined {
  const usable = (seen.archive?.history ?? []).filter((one) => isUsable(seen, one, now));
  return (
    lostVersion(seen, usable, now) ?? (mayAsk ? fetchable(seen, now) : undefined) ?? earlierVersion(seen, usable, now)
  );
}

/** The certificate that was lost, where it had moved into the archive, as it does for a renewal. */
function lostVersion(seen: Observed, usable: readonly ArchivedVersion[], now: Date): Restoration | undefined {
  const { revision, certificateURL } = seen.certificate.status;
  const version = usable.find((one) => one.revision === revision);
  if (version === undefined) return undefined;
  const noted = { issuedAt: lostSince(seen, now), issuerKey: issuerOf(seen, version), certificateURL };
  return { step: 'storeVersion', version: { ...version, ...noted }, ...told };
}

/** The same, where the archive has but its key: until the next intent takes its place. */
function fetchable(seen: Observed, now: Date): Restoration | undefined {
  const { certificate, archive, specHash } = seen;
  const { revision, certificateURL } = certificate.status;
  const { intent, nextKeyPem: keyPem } = archive ?? {};
  if (intent === undefined || keyPem === undefined || certificateURL === undefined) return undefined;
  if (intent.revision !== revision || intent.specHash !== specHash || isCompromised(seen, keyPem)) return undefined;
  return {
    step: 'fetchVersion',
    version: { revision, issuedAt: lostSince(seen, now), keyPem, certificateURL },
    ...told,
  };
}

/** It takes the place of a later one, and so a revision of its own. */
function earlierVersion(seen: Observed, [version]: readonly ArchivedVersion[], now: Date): Restoration | undefined {
  if (version === undefined) return undefined;
  const issuedAt = issuedOf(version)?.notBefore ?? now;
  const noted = { revision: nextRevision(seen), issuedAt, issuerKey: issuerOf(seen, version) };
  return { step: 'storeVersion', version: { ...version, ...noted }, ...told };
}

/** When what was lost had been stored. Whoever read the pair that stands in its place has to read it again. */
function lostSince({ certificate, secret }: Observed, now: Date): Date {
  const storedAt = timeOf(certificate.status.issuanceTime) ?? now;
  const wasReplaced = secret.kind === 'ours' && secret.issued !== undefined;
  return wasReplaced ? storedAnew(certificate, storedAt, now) : storedAt;
}

function issuerOf({ archive }: Observed, version: ArchivedVersion): string | undefined {
  return archive?.memory.get(issuedOf(version)?.fingerprint ?? '')?.issuer;
}

/** Whether an archived version is what the spec asks for, can be used today, and is neither revoked nor to be. */
function isUsable(seen: Observed, version: ArchivedVersion, now: Date): boolean {
  const issued = issuedOf(version);
  if (issued === undefined || takenBack(seen, version, issued) !== undefined) return false;
  return satisfies(seen.certificate, asSecret(version, issued, issuerOf(seen, version)), now);
}
