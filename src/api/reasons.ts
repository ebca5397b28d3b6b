/**
 * Every reason that a condition or an Event of ours may have. Closed: each has its entry in docs/troubleshooting.md, and
 * a reason is part of the API, so it is never renamed.
 */
export const reasons = [
  'AccountDeactivated',
  'AccountKeyInvalid',
  'AccountKeyMissing',
  'AccountReady',
  'AccountRefused',
  'AccountUnknown',
  'AdoptionWaits',
  'AnnotationInvalid',
  'ArchiveFull',
  'CAUnavailable',
  'CertificateRefused',
  'CertificateRevoked',
  'ContactRefused',
  'DirectoryMoved',
  'DirectoryUnavailable',
  'Expired',
  'InvalidProfile',
  'Issued',
  'IssuedPartially',
  'IssuerNotFound',
  'IssuerNotReady',
  'Issuing',
  'KeyChangeRefused',
  'KeyChanging',
  'KeyRefused',
  'KeystorePasswordMissing',
  'NamesLeftOut',
  'NewGeneration',
  'NotPresented',
  'NotProbed',
  'NotReachable',
  'NotServed',
  'OrderFailed',
  'Paused',
  'Pending',
  'RateBudget',
  'RateLimited',
  'Reached',
  'Reconciled',
  'Reloaded',
  'Reloading',
  'RenewalDue',
  'RenewalRequested',
  'RevocationPending',
  'RevocationRefused',
  'RevocationRequested',
  'Revoked',
  'RollbackRefused',
  'RollbackSuperseded',
  'RolledBack',
  'RolledOutUnverified',
  'RollingOut',
  'RolloutFailed',
  'SecretAdopted',
  'SecretClaimed',
  'SecretContested',
  'SecretLeft',
  'SecretMismatch',
  'SecretMissing',
  'SecretNotOwned',
  'SecretRefused',
  'SecretRepaired',
  'SecretRestored',
  'Served',
  'SpecChanged',
  'TemporaryCertificate',
  'TermsChanged',
  'TermsNotAgreed',
  'UserActionRequired',
] as const;

/** One of the reasons that a condition or an Event of ours may have. */
export type Reason = (typeof reasons)[number];

const troubleshooting = 'https://evercert.dev/docs/troubleshooting';

/** A message without the link that {@link explained} appended, to be told within another one. */
export function unexplained(message: string): string {
  return message.replace(/ \(see https:\/\/\S+#[a-z]+\)$/, '');
}

/** Appends the link to the reason's entry to a message; a message that has it already stays as it is. */
export function explained(reason: Reason, message: string): string {
  const link = ` (see ${troubleshooting}#${reason.toLowerCase()})`;
  return message.endsWith(link) ? message : `${message}${link}`;
}
