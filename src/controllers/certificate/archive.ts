import { annotations, certificates, group, labels, managedByValue, version } from '../../api/index.ts';
import { createOnly, type KubeObject } from '../../kube/index.ts';
import { keySpecOf } from '../../pki/index.ts';
import { oncePer } from '../../runtime/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { ArchivedVersion, ArchiveSeen, Intent, SecretSeen } from './observed.ts';
import { base64, type Secret, textOf } from './secret.ts';

const nextKey = 'next.key';
const defaultLimit = 1;

/** The name of a Certificate's archive Secret, in its namespace. */
export function archiveName(certificate: CertificateRow): string {
  return `evercert-archive-${certificate.uid}`;
}

/** Reads an archive Secret. What cannot be read in it counts as absent, and is written anew. */
export function archiveSeen(secret: Secret | undefined): ArchiveSeen | undefined {
  return secret === undefined ? undefined : contentOf(secret);
}

const contentOf = oncePer((secret: Secret): ArchiveSeen => {
  const key = textOf(secret, nextKey);
  return {
    uid: secret.metadata.uid ?? '',
    resourceVersion: secret.metadata.resourceVersion ?? '',
    intent: intentOf(secret.metadata.annotations?.[annotations.intent]),
    nextKeyPem: keySpecOf(key) === undefined ? undefined : key,
    history: historyOf(secret),
  };
});

function intentOf(text: string | undefined): Intent | undefined {
  if (text === undefined) return undefined;
  try {
    const { revision, specHash, replaces } = JSON.parse(text) as Partial<Record<keyof Intent, unknown>>;
    if (typeof revision !== 'number' || !Number.isSafeInteger(revision) || typeof specHash !== 'string')
      return undefined;
    return { revision, specHash, ...(typeof replaces === 'string' ? { replaces } : {}) };
  } catch {
    return undefined;
  }
}

function historyOf(secret: Secret): ArchivedVersion[] {
  return Object.keys(secret.data ?? {})
    .flatMap((name) => {
      const revision = /^(\d{1,12})\.crt$/.exec(name)?.[1];
      return revision === undefined ? [] : [Number(revision)];
    })
    .sort((a, b) => b - a)
    .map((revision) => ({
      revision,
      chainPem: textOf(secret, `${revision}.crt`),
      keyPem: textOf(secret, `${revision}.key`),
    }));
}

/**
 * The archive with the current version moved into its history and the next issuance in it: one write, before any network
 * step that could make a certificate for the key.
 */
export function archiveWith(
  {
    certificate,
    archive,
    secret,
  }: { certificate: CertificateRow; archive: ArchiveSeen | undefined; secret: SecretSeen },
  intent: Intent,
  nextKeyPem: string,
): KubeObject {
  const history = nextHistory(archive?.history ?? [], secret, certificate.spec.archiveLimit ?? defaultLimit);
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: archiveName(certificate),
      namespace: certificate.namespace,
      labels: { [labels.managedBy]: managedByValue },
      annotations: {
        [annotations.certificateName]: certificate.name,
        [annotations.intent]: JSON.stringify(intent),
      },
      ownerReferences: [
        {
          apiVersion: `${group}/${version}`,
          kind: certificates.kind,
          name: certificate.name,
          uid: certificate.uid,
          controller: true,
          blockOwnerDeletion: false,
        },
      ],
    },
    type: 'Opaque',
    data: {
      [nextKey]: base64(nextKeyPem),
      ...Object.fromEntries(
        history.flatMap(({ revision, chainPem, keyPem }) => [
          [`${revision}.crt`, base64(chainPem)],
          [`${revision}.key`, base64(keyPem)],
        ]),
      ),
    },
  };
  if (archive === undefined) return createOnly(object);
  const { uid, resourceVersion } = archive;
  return { ...object, metadata: { ...object.metadata, uid, resourceVersion } };
}

function nextHistory(history: readonly ArchivedVersion[], secret: SecretSeen, limit: number): ArchivedVersion[] {
  if (secret.kind !== 'ours' || secret.issued === undefined) return history.slice(0, limit);
  const { revision, chainPem, keyPem } = secret;
  const others = history.filter((earlier) => earlier.revision !== revision);
  return [{ revision, chainPem, keyPem }, ...others].slice(0, limit);
}
