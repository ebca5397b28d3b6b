import { createHash } from 'node:crypto';
import { annotations, labels, managedByValue, timeOf } from '../../api/index.ts';
import { createOnly, type KubeObject } from '../../kube/index.ts';
import { ChainError, encodeKey, keySpecOf, readChain } from '../../pki/index.ts';
import { oncePer } from '../../runtime/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { Issued, SecretSeen } from './observed.ts';

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
  readonly chainPem: string;
  readonly keyPem: string;
}

type OwnSecret = Extract<SecretSeen, { kind: 'ours' }>;

/** Reads the Secret that a Certificate names, and whether it is ours to write: our label with this uid, or its owner's consent. */
export function secretSeen(certificate: CertificateRow, secret: Secret | undefined): SecretSeen {
  if (secret === undefined) return { kind: 'absent' };
  const why = foreignBecause(certificate, secret);
  if (why !== undefined) return { kind: 'foreign', why };

  const noted = secret.metadata.annotations ?? {};
  return {
    kind: 'ours',
    uid: secret.metadata.uid ?? '',
    resourceVersion: secret.metadata.resourceVersion ?? '',
    type: secret.type ?? 'Opaque',
    revision: revisionOf(noted[annotations.revision]),
    issuedAt: timeOf(noted[annotations.issuedAt]),
    issuerKey: issuerKeyNoted(certificate, noted),
    ...contentOf(secret),
  };
}

/** Keys and certificates are dear to parse, and each pass of an issuance sees the same Secret. */
const contentOf = oncePer(
  (secret: Secret): Pick<OwnSecret, 'chainPem' | 'keyPem' | 'keySpec' | 'issued' | 'problem'> => {
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

function foreignBecause(certificate: CertificateRow, secret: Secret): string | undefined {
  const where = `The Secret ${certificate.secretName}`;
  const { labels: marks = {}, annotations: noted = {} } = secret.metadata;
  const ours = marks[labels.certificateUID] === certificate.uid;
  if (!ours && noted[annotations.adopt] !== 'true') {
    const owner = noted[annotations.certificateName];
    const whose = owner === undefined ? 'was not made by Evercert' : `belongs to an earlier Certificate ${owner}`;
    return `${where} ${whose} and is left as it is. Give spec.secretName another name, or let Evercert take it over: kubectl annotate secret -n ${certificate.namespace} ${certificate.secretName} ${annotations.adopt}=true`;
  }
  if (secret.immutable === true) return `${where} is immutable. Delete it, or give spec.secretName another name.`;
  return undefined;
}

function issuerKeyNoted(certificate: CertificateRow, noted: Readonly<Record<string, string>>): string | undefined {
  const kind = noted[annotations.issuerKind];
  const name = noted[annotations.issuerName];
  if (kind === undefined || name === undefined) return undefined;
  return kind === 'ClusterIssuer' ? `${kind}/${name}` : `${kind}/${certificate.namespace}/${name}`;
}

function pairOf(chainPem: string, keyPem: string): Pick<OwnSecret, 'issued' | 'problem'> {
  if (chainPem === '' || keyPem === '') {
    return { issued: undefined, problem: `${chainPem === '' ? 'tls.crt' : 'tls.key'} is empty` };
  }
  try {
    const { leaf } = readChain(chainPem);
    if (!leaf.hasKey(keyPem))
      return { issued: undefined, problem: 'tls.key is not the key of the certificate in tls.crt' };
    return { issued: issuedOf(leaf), problem: undefined };
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    return { issued: undefined, problem: `tls.crt: ${error.message}` };
  }
}

function issuedOf(leaf: ReturnType<typeof readChain>['leaf']): Issued {
  const { names, notBefore, notAfter, serialNumber, fingerprint, certID, issuer } = leaf;
  return { names, notBefore, notAfter, serialNumber, fingerprint, certID, issuer };
}

/** The Secret with a new version in it: the whole of our part, with the preconditions of what was read. */
export function secretWith(certificate: CertificateRow, seen: SecretSeen, version: NewVersion): KubeObject {
  const { spec, namespace } = certificate;
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: certificate.secretName,
      namespace,
      labels: {
        ...spec.secretTemplate?.labels,
        [labels.managedBy]: managedByValue,
        [labels.certificateUID]: certificate.uid,
      },
      annotations: {
        ...spec.secretTemplate?.annotations,
        [annotations.certificateName]: certificate.name,
        [annotations.issuerName]: spec.issuerRef.name,
        [annotations.issuerKind]: spec.issuerRef.kind ?? 'Issuer',
        [annotations.revision]: String(version.revision),
        [annotations.issuedAt]: version.issuedAt.toISOString(),
        [annotations.fingerprint]: readChain(version.chainPem).leaf.fingerprint,
      },
    },
    // A Secret's type cannot be changed; one that was taken over keeps its own.
    type: seen.kind === 'ours' ? seen.type : 'kubernetes.io/tls',
    data: {
      'tls.crt': base64(version.chainPem),
      'tls.key': base64(encodeKey(version.keyPem, spec.privateKey?.encoding ?? 'PKCS8')),
    },
  };
  if (seen.kind !== 'ours') return createOnly(object);
  const { uid, resourceVersion } = seen;
  return { ...object, metadata: { ...object.metadata, uid, resourceVersion } };
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
