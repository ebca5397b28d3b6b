import { createHash } from 'node:crypto';
import { annotations, version as apiVersion, certificates, group, labels, managedByValue } from '../../../api/index.ts';
import { createOnly, type KubeObject, type OwnerReference } from '../../../kube/index.ts';
import { encodeKey, encodingOf, readChain } from '../../../pki/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import type { Passwords, SecretSeen } from '../observed.ts';
import { type Outputs, outputsOf } from './outputs.ts';

/** A Secret as the API server gives it: values in base64. */
export interface Secret extends KubeObject {
  readonly type?: string;
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, string>>;
}

/** What is stored in a Secret of ours. */
export interface NewVersion {
  readonly revision: number;
  readonly issuedAt: Date;
  /** The issuer that it came from; the spec's unless told. */
  readonly issuerKey?: string | undefined;
  /** Where the CA gives its certificate. */
  readonly certificateURL?: string | undefined;
  /** It is self-signed: the Secret tells of no certificate, so that nobody is made to read it. */
  readonly temporary?: true;
  readonly chainPem: string;
  readonly keyPem: string;
}

/** A version with what its chain says. */
export interface KnownVersion extends NewVersion {
  readonly fingerprint: string;
  readonly rootPem: string | undefined;
}

/** What a form is made with: what of it the Secret has already, and the passwords of its keystores. */
export interface HeldForm {
  readonly keyPem: string;
  readonly outputs: Outputs;
  readonly passwords: Passwords;
}

const none: Outputs = { data: {}, annotations: {} };

/** Our part of a Secret, but for whose it is. */
export interface SecretForm {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** In base64. */
  readonly data: Readonly<Record<string, string>>;
}

/** The Secret with a new version in it: the whole of our part, with the preconditions of what was read. */
export function secretWith(
  certificate: CertificateRow,
  seen: SecretSeen,
  version: NewVersion,
  passwords: Passwords = {},
): KubeObject {
  const { leaf, rootPem } = readChain(version.chainPem);
  const known: KnownVersion = { ...version, fingerprint: leaf.fingerprint, rootPem };
  const form = formOf(certificate, known, { keyPem: heldKey(seen), outputs: none, passwords });
  const { labels: marks, annotations: notes, data } = form;
  const { secretName: name, namespace } = certificate;
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: marks, annotations: notes, ...ownedBy(certificate) },
    // A Secret's type cannot be changed; one that was taken over keeps its own.
    type: seen.kind === 'ours' ? seen.type : 'kubernetes.io/tls',
    data,
  };
  if (seen.kind !== 'ours') return createOnly(object);
  const { uid, resourceVersion } = seen;
  return { ...object, metadata: { ...object.metadata, uid, resourceVersion } };
}

/** A Secret that is to go with its Certificate is owned by it. */
function ownedBy(certificate: CertificateRow): Pick<KubeObject['metadata'], 'ownerReferences'> {
  return goesWith(certificate) ? { ownerReferences: [ownerReference(certificate)] } : {};
}

/** Whether the Secret is to be deleted with its Certificate. */
export function goesWith({ spec }: CertificateRow): boolean {
  return spec.deletionPolicy === 'Delete';
}

/** Has the garbage collector delete an object once this Certificate is gone. */
export function ownerReference({ name, uid }: CertificateRow): OwnerReference {
  return { apiVersion: `${group}/${apiVersion}`, kind: certificates.kind, name, uid, blockOwnerDeletion: false };
}

/**
 * What our part of the Secret has to be for this version and the spec of today. Where the spec says nothing of the key's encoding,
 * that of the held key is kept.
 */
export function formOf(certificate: CertificateRow, version: KnownVersion, held: HeldForm): SecretForm {
  const { secretTemplate, privateKey } = certificate.spec;
  const { chainPem, rootPem } = version;
  const keyPem = encodedAs(privateKey?.encoding ?? encodingOf(held.keyPem), version.keyPem);
  const { passwords, outputs } = held;
  const made = outputsOf(certificate.spec, { chainPem, keyPem, rootPem }, { passwords, held: outputs });
  const [kind = '', ...rest] = (version.issuerKey ?? certificate.issuerKey).split('/');
  return {
    labels: {
      ...secretTemplate?.labels,
      [labels.managedBy]: managedByValue,
      [labels.certificateUID]: certificate.uid,
    },
    annotations: {
      ...secretTemplate?.annotations,
      [annotations.certificateName]: certificate.name,
      [annotations.issuerName]: rest.at(-1) ?? '',
      [annotations.issuerKind]: kind,
      [annotations.revision]: String(version.revision),
      ...(version.temporary === true
        ? { [annotations.temporary]: 'true' }
        : {
            [annotations.issuedAt]: version.issuedAt.toISOString(),
            [annotations.fingerprint]: version.fingerprint,
          }),
      ...(version.certificateURL === undefined ? {} : { [annotations.certificateURL]: version.certificateURL }),
      ...made.annotations,
    },
    data: { 'tls.crt': base64(chainPem), 'tls.key': base64(keyPem), ...made.data },
  };
}

function heldKey(seen: SecretSeen): string {
  return seen.kind === 'ours' ? seen.keyPem : '';
}

function encodedAs(encoding: ReturnType<typeof encodingOf>, keyPem: string): string {
  return encodingOf(keyPem) === encoding ? keyPem : encodeKey(keyPem, encoding);
}

/** A hash of what decides a certificate's content; the same for the same content. */
export function specHashOf(certificate: CertificateRow): string {
  const { commonName, privateKey, profile } = certificate.spec;
  const content = [
    certificate.names,
    certificate.issuerKey,
    commonName ?? null,
    privateKey?.algorithm ?? null,
    privateKey?.size ?? null,
    profile ?? null,
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

/** The text under a key of a Secret; empty where it is absent. */
export function textOf(secret: Secret, key: string): string {
  return Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
