import { type RevocationReason, revocationReasons } from '../../../acme/index.ts';
import { annotations, timeOf } from '../../../api/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';

/** A wish to have an earlier certificate back. */
export interface RollbackAsked {
  /** Lower-case hexadecimal, without colons. */
  readonly fingerprint: string;
  /** Fulfilled when it was put back at or after this time; without it, when it was put back at all. */
  readonly at: Date | undefined;
}

/** A wish to have a certificate revoked. */
export interface RevocationAsked {
  /** Lower-case hexadecimal, without colons. */
  readonly fingerprint: string;
  readonly reason: RevocationReason;
}

/** The annotation `evercert.dev/rollback`, where it can be read. */
export function rollbackAsked({ verbs }: Pick<CertificateRow, 'verbs'>): RollbackAsked | undefined {
  const [name = '', time, ...rest] = verbs.rollback?.split('@') ?? [];
  const fingerprint = fingerprintOf(name);
  const at = timeOf(time);
  if (fingerprint === undefined || rest.length > 0 || (time !== undefined && at === undefined)) return undefined;
  return { fingerprint, at };
}

/** The annotation `evercert.dev/revoke`, where it can be read. */
export function revocationAsked({ verbs }: Pick<CertificateRow, 'verbs'>): RevocationAsked | undefined {
  const [name = '', word = 'unspecified', ...rest] = verbs.revoke?.split('=') ?? [];
  const fingerprint = fingerprintOf(name);
  const reason = revocationReasons.find((known) => known.toLowerCase() === word.trim().toLowerCase());
  return fingerprint === undefined || reason === undefined || rest.length > 0 ? undefined : { fingerprint, reason };
}

/** Whether a temporary certificate is asked for, until there is another. */
export function temporaryAsked({ verbs }: Pick<CertificateRow, 'verbs'>): boolean {
  return verbs.temporary === 'true';
}

/** The fingerprint of the certificate that one of a staging CA may replace, where it can be read. */
export function stagingAllowed({ verbs }: Pick<CertificateRow, 'verbs'>): string | undefined {
  return fingerprintOf(verbs.staging ?? '');
}

/** The fingerprints that verbs name. */
export function namedByVerbs(row: Pick<CertificateRow, 'verbs'>): readonly string[] {
  return [rollbackAsked(row), revocationAsked(row)].flatMap((asked) => asked?.fingerprint ?? []);
}

const example = 'd64be91acb800bc64ccd03d9149f3665471db1d42aa95e4e63e43b39a0428293';

/** What is wrong with each annotation that cannot be read, and how it is written, as sentences. */
export function unreadVerbs(row: Pick<CertificateRow, 'verbs' | 'renewRequestedAt'>): readonly string[] {
  const { verbs } = row;
  const findings: readonly (readonly [annotation: string, is: string | undefined, isRead: boolean, ought: string])[] = [
    [
      annotations.renew,
      verbs.renew,
      row.renewRequestedAt !== undefined,
      'a time in the form of RFC 3339, such as 2026-05-31T12:00:00Z',
    ],
    [
      annotations.rollback,
      verbs.rollback,
      rollbackAsked(row) !== undefined,
      `the SHA-256 fingerprint of a certificate in status.history, such as ${example}; and, to have it back once more, @ and the time, such as ${example}@2026-05-31T12:00:00Z`,
    ],
    [
      annotations.revoke,
      verbs.revoke,
      revocationAsked(row) !== undefined,
      `the SHA-256 fingerprint of a certificate, alone or with one of the reasons ${revocationReasons.join(', ')}, such as ${example}=superseded`,
    ],
    [
      annotations.issueTemporary,
      verbs.temporary,
      verbs.temporary === 'true' || verbs.temporary === 'false',
      '"true" or "false"',
    ],
    [
      annotations.replaceWithStaging,
      verbs.staging,
      stagingAllowed(row) !== undefined,
      `the SHA-256 fingerprint of the certificate that may be replaced, such as ${example}`,
    ],
  ];
  return findings.flatMap(([annotation, is, isRead, ought]) =>
    is === undefined || isRead ? [] : [`The annotation ${annotation} cannot be read and does nothing: write ${ought}.`],
  );
}

/** A SHA-256 fingerprint in any of the spellings of openssl and browsers. */
function fingerprintOf(text: string): string | undefined {
  const plain = text.trim().replaceAll(':', '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(plain) ? plain : undefined;
}
