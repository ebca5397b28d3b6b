import { isTrue } from '../../../api/index.ts';
import { wasRevoked } from '../memory.ts';
import type { ArchivedVersion, Issued, Observed } from '../observed.ts';
import { issuedOf } from '../secret/archive.ts';
import type { Due } from '../verdict.ts';
import { isCompromised } from './compromised.ts';
import { type RevocationAsked, revocationAsked } from './verbs.ts';

/** A Secret that nobody reads has no condition Reloaded; until it would have one, that is not known. */
const reloadGraceMs = 30_000;
/** So long a certificate that is to be revoked waits for its successor to be served. */
const longestWaitMs = 3_600_000;

/** A certificate that is to be revoked, and what the CA is asked with. */
export interface Doomed {
  readonly fingerprint: string;
  readonly reason: RevocationAsked['reason'];
  readonly chainPem: string;
  readonly keyPem: string;
  /** The issuer that it came from, as far as that is known. */
  readonly issuerKey: string;
}

/** What is to become of the wish to have a certificate revoked. */
export type Revocation =
  /** Neither the Secret nor its archive has it: the wish is for another object, or comes too late. */
  | { readonly state: 'unknown' }
  | { readonly state: 'expired'; readonly at: Date }
  /** The Secret holds it, and is to hold another first. */
  | { readonly state: 'toReplace' }
  /** Its successor is not served yet. */
  | { readonly state: 'waiting'; readonly until: Date | undefined }
  | { readonly state: 'due'; readonly doomed: Doomed }
  /** The CA has said no to this very wish. It is not asked again. */
  | { readonly state: 'refused'; readonly message: string }
  | { readonly state: 'done'; readonly reason: string };

type World = Pick<Observed, 'certificate' | 'secret' | 'archive'>;

/** What is to become of the annotation `evercert.dev/revoke`; undefined where there is none that can be read. Pure. */
export function revocationOf(seen: World, now: Date): Revocation | undefined {
  const { certificate, archive } = seen;
  const asked = revocationAsked(certificate);
  if (asked === undefined) return undefined;
  const { fingerprint } = asked;
  const revoked = archive?.memory.get(fingerprint)?.revoked;
  if (revoked !== undefined) return { state: 'done', reason: revoked.reason };

  const found = versionOf(seen, fingerprint);
  return found === undefined ? { state: 'unknown' } : revocationOfFound(seen, asked, found, now);
}

function revocationOfFound(seen: World, asked: RevocationAsked, found: Found, now: Date): Revocation {
  const { certificate, archive } = seen;
  const { fingerprint, reason } = asked;
  if (found.issued.notAfter <= now) return { state: 'expired', at: found.issued.notAfter };
  if (reason !== 'keyCompromise') {
    if (found.isInUse) return { state: 'toReplace' };
    const until = servedAt(seen, now);
    if (until === undefined || until > now) return { state: 'waiting', until };
  }
  const refusal = certificate.status.conditions?.find(
    (one) => one.reason === 'RevocationRefused' && one.message.startsWith(unrevokedSentence(asked)),
  );
  if (refusal !== undefined) return { state: 'refused', message: refusal.message };
  const { chainPem, keyPem } = found;
  const issuerKey = found.issuerKey ?? archive?.memory.get(fingerprint)?.issuer ?? certificate.issuerKey;
  return { state: 'due', doomed: { fingerprint, reason, chainPem, keyPem, issuerKey } };
}

/** How the sentence begins that says that a CA would not. */
export function unrevokedSentence({ fingerprint, reason }: RevocationAsked): string {
  return `The certificate ${fingerprint} is not revoked (${reason}): `;
}

interface Found extends Pick<Doomed, 'chainPem' | 'keyPem'> {
  readonly issued: Issued;
  readonly issuerKey: string | undefined;
  readonly isInUse: boolean;
}

function versionOf({ secret, archive }: World, fingerprint: string): Found | undefined {
  if (secret.kind === 'ours' && secret.issued?.fingerprint === fingerprint) {
    const { issued, issuerKey, chainPem, keyPem } = secret;
    return { issued, issuerKey, chainPem, keyPem, isInUse: true };
  }
  const version = archive?.history.find((one) => issuedOf(one)?.fingerprint === fingerprint);
  const issued = version === undefined ? undefined : issuedOf(version);
  if (version === undefined || issued === undefined) return undefined;
  return { ...version, issued, issuerKey: undefined, isInUse: false };
}

/**
 * Since when, or from when on, nobody is taken to serve an earlier certificate than the one in the Secret: every workload serves
 * it, nobody reads it, or that has been waited for long enough. Undefined while the Secret holds none.
 */
function servedAt({ certificate, secret }: World, now: Date): Date | undefined {
  if (secret.kind !== 'ours' || secret.issued === undefined) return undefined;
  const { status } = certificate;
  const { fingerprint } = secret.issued;
  const storedMs = (secret.issuedAt ?? secret.issued.notBefore).getTime();
  const isTold = status.reload !== undefined;
  const isServed = status.reload?.fingerprint === fingerprint && isTrue(status.conditions, 'Reloaded');
  if (isServed && status.fingerprint === fingerprint) return now;
  return new Date(storedMs + (isTold ? longestWaitMs : reloadGraceMs));
}

/**
 * Why the certificate in the Secret has to be replaced because of a revocation; undefined where it has not. A revoked one is
 * replaced whatever has become of the annotation.
 */
export function revocationNeed(seen: World): Due | undefined {
  const { certificate, secret, archive } = seen;
  if (secret.kind !== 'ours' || secret.issued === undefined) return undefined;
  const { fingerprint } = secret.issued;
  if (wasRevoked(archive?.memory, fingerprint)) {
    return { due: true, cause: 'CertificateRevoked', why: 'the certificate in the Secret is revoked' };
  }
  if (revocationAsked(certificate)?.fingerprint === fingerprint) {
    return { due: true, cause: 'RevocationRequested', why: 'its revocation was asked for, so it is replaced' };
  }
  if (!isCompromised(seen, secret.keyPem)) return undefined;
  return { due: true, cause: 'CertificateRevoked', why: 'a certificate with the same key was revoked, as compromised' };
}

/** Why an archived version must not be used again: it is revoked, or is to be, or its key is known to others. */
export function takenBack(seen: World, version: ArchivedVersion, { fingerprint }: Issued): string | undefined {
  if (wasRevoked(seen.archive?.memory, fingerprint)) return 'it is revoked';
  if (revocationAsked(seen.certificate)?.fingerprint === fingerprint) return 'its revocation is asked for';
  return isCompromised(seen, version.keyPem) ? 'its key is compromised' : undefined;
}

/** Whether the Secret holds a certificate that is revoked. */
export function isRevoked({ secret, archive }: Pick<World, 'secret' | 'archive'>): boolean {
  const fingerprint = secret.kind === 'ours' ? secret.issued?.fingerprint : undefined;
  return fingerprint !== undefined && wasRevoked(archive?.memory, fingerprint);
}
