import { annotations, managers, timeOf } from '../../../api/index.ts';
import { type Chain, ChainError, keySpecOf, readChain } from '../../../pki/index.ts';
import { oncePer } from '../../../runtime/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import type { Issued, OwnSecret, Passwords, SecretSeen } from '../observed.ts';
import { temporaryIssuer } from '../verbs/temporary.ts';
import { foreignBecause, isMarked, straysOf } from './adoption.ts';
import { fieldsOf, lastOtherManager } from './managed-fields.ts';
import { formOf, goesWith, type KnownVersion, type Secret, textOf } from './secret.ts';

/** Reads the Secret that a Certificate names, and whether it is ours to write: our label with this uid, or its owner's consent. */
export function secretSeen(
  certificate: CertificateRow,
  secret: Secret | undefined,
  passwords: Passwords = {},
): SecretSeen {
  if (secret === undefined) return { kind: 'absent' };
  const why = foreignBecause(certificate, secret);
  if (why !== undefined) return { kind: 'foreign', why, reason: 'SecretNotOwned' };

  const noted = secret.metadata.annotations ?? {};
  const read = {
    kind: 'ours',
    uid: secret.metadata.uid ?? '',
    resourceVersion: secret.metadata.resourceVersion ?? '',
    type: secret.type ?? 'Opaque',
    revision: revisionOf(noted[annotations.revision]),
    issuedAt: timeOf(noted[annotations.issuedAt]),
    issuerKey: issuerKeyNoted(certificate, noted),
    fingerprint: noted[annotations.fingerprint],
    certificateURL: noted[annotations.certificateURL],
    otherManager: lastOtherManager(secret, managers.certificate),
    isAdopted: !isMarked(certificate, secret),
    strays: straysOf(certificate, secret),
    ...contentOf(secret),
  } as const;
  return { ...read, deviations: deviationsOf(certificate, secret, { read, passwords }) };
}

/** Keys and certificates are dear to parse, and each pass of an issuance sees the same Secret. */
const contentOf = oncePer(
  (secret: Secret): Pick<OwnSecret, 'chainPem' | 'keyPem' | 'keySpec' | 'isTemporary' | 'issued' | 'problem'> => {
    const chainPem = textOf(secret, 'tls.crt');
    const keyPem = textOf(secret, 'tls.key');
    const keySpec = keyPem === '' ? undefined : keySpecOf(keyPem);
    return { chainPem, keyPem, keySpec, ...pairOf(chainPem, keyPem) };
  },
);

/** A revision is counted on from: what nobody can have counted to is none. */
function revisionOf(text = ''): number {
  return /^\d{1,12}$/.test(text) ? Number(text) : 0;
}

function issuerKeyNoted(certificate: CertificateRow, noted: Readonly<Record<string, string>>): string | undefined {
  const kind = noted[annotations.issuerKind];
  const name = noted[annotations.issuerName];
  if (kind === undefined || name === undefined) return undefined;
  return kind === 'ClusterIssuer' ? `${kind}/${name}` : `${kind}/${certificate.namespace}/${name}`;
}

function pairOf(chainPem: string, keyPem: string): Pick<OwnSecret, 'isTemporary' | 'issued' | 'problem'> {
  if (chainPem === '' || keyPem === '') {
    return { issued: undefined, problem: `${chainPem === '' ? 'tls.crt' : 'tls.key'} is empty` };
  }
  try {
    const chain = readChain(chainPem);
    const { leaf } = chain;
    if (!leaf.hasKey(keyPem))
      return { issued: undefined, problem: 'tls.key is not the key of the certificate in tls.crt' };
    if (leaf.issuer === temporaryIssuer) {
      return { isTemporary: true, issued: undefined, problem: 'its certificate is a temporary one' };
    }
    return { issued: sayingsOf(chain), problem: undefined };
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    return { issued: undefined, problem: `tls.crt: ${error.message}` };
  }
}

/** What a certificate says of itself. */
export function sayingsOf({ leaf, issuerNames, rootPem }: Chain): Issued {
  const { names, notBefore, notAfter, serialNumber, fingerprint, certID, issuer } = leaf;
  return { names, notBefore, notAfter, serialNumber, fingerprint, certID, issuer, issuerNames, rootPem };
}

/**
 * The version that the Secret holds, as its annotations ought to tell it; what they have lost is known from the status. A pair
 * that somebody else put there was stored now, as far as those are concerned who read it before. One that was there before
 * us is as old as its certificate.
 */
export function heldVersion(
  certificate: CertificateRow,
  secret: Omit<OwnSecret, 'deviations'>,
  now: Date,
): KnownVersion | undefined {
  const { status } = certificate;
  const { issued, issuerKey, chainPem, keyPem } = secret;
  if (issued === undefined) return undefined;
  const isAsNoted = secret.fingerprint === undefined || secret.fingerprint === issued.fingerprint;
  const storedAt = secret.issuedAt ?? timeOf(status.issuanceTime) ?? issued.notBefore;
  const isAsTold = issued.fingerprint === status.fingerprint;
  return {
    revision: secret.revision === 0 ? (status.revision ?? 0) : secret.revision,
    issuedAt: isAsNoted ? storedAt : storedAnew(certificate, storedAt, now),
    issuerKey,
    certificateURL: isAsNoted ? (secret.certificateURL ?? (isAsTold ? status.certificateURL : undefined)) : undefined,
    chainPem,
    keyPem,
    fingerprint: issued.fingerprint,
    rootPem: issued.rootPem,
  };
}

/**
 * The time that is noted for a pair in the place of another: now, so that whoever read the other one reads it; but not where a
 * renewal was asked for since the last issuance, which it would seem to fulfil.
 */
export function storedAnew({ renewRequestedAt: asked }: CertificateRow, storedAt: Date, now: Date): Date {
  return asked !== undefined && asked > storedAt ? storedAt : now;
}

/** What of our part is not as the spec asks, and what of it is there that nobody asks for any more. */
function deviationsOf(
  certificate: CertificateRow,
  secret: Secret,
  { read, passwords }: { read: Omit<OwnSecret, 'deviations'>; passwords: Passwords },
): string[] {
  const held = heldVersion(certificate, read, new Date(0));
  // Without its password nothing can be said of a keystore, and nothing is written.
  if (held === undefined || passwords.problem !== undefined) return [];
  const outputs = { data: secret.data ?? {}, annotations: secret.metadata.annotations ?? {} };
  const wanted = formOf(certificate, held, { keyPem: read.keyPem, outputs, passwords });
  const owned = fieldsOf(secret, managers.certificate);
  const { metadata } = secret;
  return [
    ...differing('label ', wanted.labels, metadata.labels, owned.labels),
    ...differing('annotation ', wanted.annotations, metadata.annotations, owned.annotations),
    ...differing('', wanted.data, secret.data, owned.data),
    ...ownerDeviations(certificate, secret, owned.owners),
  ];
}

/** One that somebody else made the Certificate's is left so. */
function ownerDeviations(certificate: CertificateRow, { metadata }: Secret, owned: readonly string[]): string[] {
  const isOwned = metadata.ownerReferences?.some(({ uid }) => uid === certificate.uid) === true;
  const isWanted = goesWith(certificate);
  return isWanted ? (isOwned ? [] : ['owner']) : isOwned && owned.includes(certificate.uid) ? ['owner'] : [];
}

function differing(
  kind: string,
  wanted: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>> = {},
  owned: readonly string[],
): string[] {
  const changed = Object.keys(wanted).filter((key) => wanted[key] !== found[key]);
  const unwanted = owned.filter((key) => !(key in wanted) && key in found);
  return [...changed, ...unwanted].map((key) => `${kind}${key}`);
}
