import { certificates, group, type Reason, version } from '../../api/index.ts';
import type { EventNote } from '../../kube/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { Observed, SecretSeen } from './observed.ts';
import { hasFailedAgain, type OwnStatus } from './status.ts';

const warnings: ReadonlySet<string> = new Set([
  'AdoptionWaits',
  'CAUnavailable',
  'CertificateRefused',
  'IssuerNotFound',
  'KeyRefused',
  'KeystorePasswordMissing',
  'NotPresented',
  'NotReachable',
  'OrderFailed',
  'Paused',
  'RateBudget',
  'RateLimited',
  'SecretClaimed',
  'SecretContested',
  'SecretNotOwned',
  'SecretRefused',
  'UserActionRequired',
] satisfies Reason[]);

/** What came of a verb, as conditions of the types `RolledBack`, `Revoked` and `AnnotationInvalid` tell it. */
export const verbReasons: ReadonlySet<Reason> = new Set<Reason>([
  'AnnotationInvalid',
  'RevocationRefused',
  'Revoked',
  'RollbackRefused',
  'RolledBack',
]);

/** The Events that a change of status is worth: a new certificate, or another reason why there is none; what came of a verb. */
export function eventsOf(seen: Pick<Observed, 'certificate' | 'secret'>, after: OwnStatus): EventNote<Reason>[] {
  const ofVerbs = verbEvents(seen.certificate, after);
  const issuance = issuanceEvent(seen, after);
  // One that stands there again was not issued.
  const isPutBack = issuance?.reason === 'Issued' && ofVerbs.some(({ reason }) => reason === 'RolledBack');
  const others = [...leftEvents(seen.certificate, after), ...ofVerbs];
  return issuance === undefined || isPutBack ? others : [issuance, ...others];
}

/** That the certificate has come into another Secret; the one before is nobody's to delete but its user's. */
function leftEvents(certificate: CertificateRow, { secretName }: OwnStatus): EventNote<Reason>[] {
  const { secretName: before } = certificate.status;
  if (before === undefined || secretName === undefined || secretName === before) return [];
  const note = `The Secret ${before} is left as it is, because spec.secretName is ${secretName} now. Delete it once nothing uses it.`;
  return [{ regarding: regarding(certificate), action: 'Store', type: 'Normal', reason: 'SecretLeft', note }];
}

function verbEvents(certificate: CertificateRow, { conditions = [] }: OwnStatus): EventNote<Reason>[] {
  const before = certificate.status.conditions ?? [];
  return conditions.flatMap(({ type, status, reason, message }) => {
    const isKnown = before.some((one) => one.type === type && one.reason === reason && one.message === message);
    if (!verbReasons.has(reason as Reason) || isKnown) return [];
    const isDone = status === 'True' && type !== 'AnnotationInvalid';
    const note = { regarding: regarding(certificate), action: 'CarryOut', note: message };
    return [{ ...note, type: isDone ? 'Normal' : 'Warning', reason: reason as Reason } as const];
  });
}

function issuanceEvent(
  { certificate, secret }: Parameters<typeof eventsOf>[0],
  after: OwnStatus,
): EventNote<Reason> | undefined {
  const before = certificate.status;
  const note = { regarding: regarding(certificate), action: 'Issue' };
  if (isIssued(before, after)) {
    return { ...note, type: 'Normal', reason: 'Issued', note: issuedNote(certificate, secret, after.serialNumber) };
  }
  const was = before.conditions?.find(({ type }) => type === 'Issuing');
  const is = after.conditions?.find(({ type }) => type === 'Issuing');
  if (is === undefined || !warnings.has(is.reason) || (is.reason === was?.reason && !hasFailedAgain(before, after)))
    return undefined;
  return { ...note, type: 'Warning', reason: is.reason as Reason, note: is.message };
}

/** Not where a Secret was taken over, which comes with an Event of its own. */
function isIssued(before: OwnStatus, { revision, fingerprint }: OwnStatus): boolean {
  return fingerprint !== undefined && fingerprint !== before.fingerprint && revision !== before.revision;
}

/** That a Secret has no room for as many earlier certificates as `archiveLimit` asks for. */
export function archiveFullEvent(certificate: CertificateRow, kept: number): EventNote<Reason> {
  const note = `The archive has room for ${kept} earlier certificates alone, because a Secret holds 1 MiB at most; older ones were dropped. Lower spec.archiveLimit to ${kept}.`;
  return { regarding: regarding(certificate), action: 'Archive', type: 'Warning', reason: 'ArchiveFull', note };
}

/** That the Secret was written without an order, and why. */
export function secretEvent(
  certificate: CertificateRow,
  { reason, why }: { readonly reason: Reason; readonly why: string },
): EventNote<Reason> {
  const note = `The Secret ${certificate.secretName} was written, because ${why}.`;
  return { regarding: regarding(certificate), action: 'Store', type: 'Normal', reason, note };
}

/**
 * The serial number comes before names that may be cut off, and tells a renewal from the one before: a note that comes again
 * soon is only counted.
 */
function issuedNote({ names, secretName }: CertificateRow, secret: SecretSeen, serialNumber = ''): string {
  const held = secret.kind === 'ours' ? secret.issued?.names : undefined;
  return `Certificate ${serialNumber} stands in the Secret ${secretName}, for ${(held ?? names).join(', ')}.`;
}

function regarding({ namespace, name, uid }: CertificateRow): EventNote<Reason>['regarding'] {
  return { apiVersion: `${group}/${version}`, kind: certificates.kind, namespace, name, uid };
}
