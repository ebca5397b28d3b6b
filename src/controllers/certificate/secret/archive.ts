import { annotations, labels, managedByValue } from '../../../api/index.ts';
import { createOnly, type KubeObject } from '../../../kube/index.ts';
import { keySpecOf, readableChain } from '../../../pki/index.ts';
import { oncePer } from '../../../runtime/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import { memoryAfter, memoryOf, memoryText } from '../memory.ts';
import type {
  ArchivedVersion,
  ArchiveSeen,
  Intent,
  Issued,
  Memory,
  Observed,
  OwnSecret,
  SecretSeen,
} from '../observed.ts';
import { namedByVerbs } from '../verbs/verbs.ts';
import { reachedRevision } from './revisions.ts';
import { base64, ownerReference, type Secret, textOf } from './secret.ts';
import { sayingsOf } from './secret-seen.ts';

/** What an archive is written from. */
export type ArchiveWorld = Pick<Observed, 'certificate' | 'archive' | 'secret'>;

const nothing: Memory = new Map();
const nextKey = 'next.key';
const defaultLimit = 1;
/** What the API server takes in a Secret is 1 MiB of values; some is left for what comes with them. */
const mostBytes = 1_000_000;

/** The name of a Certificate's archive Secret, in its namespace. */
export function archiveName(certificate: CertificateRow): string {
  return `evercert-archive-${certificate.uid}`;
}

/** Reads an archive Secret. What cannot be read in it counts as absent, and is written anew. */
export function archiveSeen(secret: Secret | undefined): ArchiveSeen | undefined {
  return secret === undefined ? undefined : readOf(secret);
}

const readOf = oncePer((secret: Secret): ArchiveSeen => {
  const key = textOf(secret, nextKey);
  const noted = secret.metadata.annotations ?? {};
  return {
    uid: secret.metadata.uid ?? '',
    resourceVersion: secret.metadata.resourceVersion ?? '',
    intent: intentOf(noted[annotations.intent]),
    nextKeyPem: keySpecOf(key) === undefined ? undefined : key,
    history: historyOf(secret),
    memory: memoryOf(noted[annotations.memory]),
  };
});

function intentOf(text: string | undefined): Intent | undefined {
  if (text === undefined) return undefined;
  try {
    const { revision, specHash, names, replaces } = JSON.parse(text) as Partial<Record<keyof Intent, unknown>>;
    if (typeof revision !== 'number' || !Number.isSafeInteger(revision) || typeof specHash !== 'string')
      return undefined;
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) return undefined;
    return { revision, specHash, names, ...(typeof replaces === 'string' ? { replaces } : {}) };
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

/** What the certificate of an archived version says of itself; undefined where it is no pair any more. */
export const issuedOf = oncePer(({ chainPem, keyPem }: ArchivedVersion): Issued | undefined => {
  const chain = readableChain(chainPem);
  return chain?.leaf.hasKey(keyPem) === true ? sayingsOf(chain) : undefined;
});

/** A Secret as it would be seen with an archived version in it. */
export function asSecret(archived: ArchivedVersion, issued: Issued, issuerKey: string | undefined): OwnSecret {
  const { revision, chainPem, keyPem } = archived;
  return {
    kind: 'ours',
    uid: '',
    resourceVersion: '',
    type: 'kubernetes.io/tls',
    revision,
    issuedAt: undefined,
    issuerKey,
    fingerprint: issued.fingerprint,
    certificateURL: undefined,
    chainPem,
    keyPem,
    keySpec: keySpecOf(keyPem),
    issued,
    problem: undefined,
    deviations: [],
    otherManager: undefined,
    isAdopted: false,
    strays: undefined,
  };
}

/** What an archive is to hold. */
export interface ArchiveContent {
  /** The next issuance and its key. */
  readonly next?: { readonly intent: Intent; readonly keyPem: string } | undefined;
  /** The newest first. */
  readonly history: readonly ArchivedVersion[];
  readonly memory: Memory;
}

/** What an archive holds already. */
export function contentOf(archive: ArchiveSeen | undefined): ArchiveContent {
  const { intent, nextKeyPem: keyPem, history = [], memory = nothing } = archive ?? {};
  return { history, memory, ...(intent === undefined || keyPem === undefined ? {} : { next: { intent, keyPem } }) };
}

/** The whole of an archive, with the preconditions of what was read. */
export function archiveWith(
  { certificate, archive }: Pick<ArchiveWorld, 'certificate' | 'archive'>,
  { next, history, memory }: ArchiveContent,
): KubeObject {
  const remembered = memoryText(memory);
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: archiveName(certificate),
      namespace: certificate.namespace,
      labels: { [labels.managedBy]: managedByValue },
      annotations: {
        [annotations.certificateName]: certificate.name,
        ...(next === undefined ? {} : { [annotations.intent]: JSON.stringify(next.intent) }),
        ...(remembered === undefined ? {} : { [annotations.memory]: remembered }),
      },
      ownerReferences: [{ ...ownerReference(certificate), controller: true }],
    },
    type: 'Opaque',
    data: {
      ...(next === undefined ? {} : { [nextKey]: base64(next.keyPem) }),
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

/** What an archive holds once the version in use has moved into it. */
export interface MovedOn extends Required<Pick<ArchiveContent, 'history' | 'memory'>> {
  /** How many versions `archiveLimit` would keep and a Secret has no room for. */
  readonly crowdedOut: number;
}

/**
 * The history with the version in use in it: as many as `archiveLimit`, the one that a verb names beyond that, and no more
 * than a Secret can hold; and what is remembered of them.
 */
export function movedOn(world: ArchiveWorld): MovedOn {
  const { certificate, archive, secret } = world;
  const limit = certificate.spec.archiveLimit ?? defaultLimit;
  const needed = new Set(namedByVerbs(certificate));
  const all = withVersionInUse(archive?.history ?? [], secret)
    .flatMap((one) => {
      const fingerprint = issuedOf(one)?.fingerprint;
      return fingerprint === undefined ? [] : [{ version: one, fingerprint, isNeeded: needed.has(fingerprint) }];
    })
    // One that was put back stands in the archive under its earlier revision too.
    .filter(({ fingerprint }, index, those) => those.findIndex((one) => one.fingerprint === fingerprint) === index);
  const wanted = all.filter(({ isNeeded }, index) => index < limit || isNeeded);
  const kept = [...wanted];
  while (sizeOf(kept.map(({ version: one }) => one)) > mostBytes) {
    const last = kept.findLastIndex(({ isNeeded }) => !isNeeded);
    if (last === -1) break;
    kept.splice(last, 1);
  }
  return {
    history: kept.map(({ version: one }) => one),
    crowdedOut: wanted.length - kept.length,
    memory: memoryAfter(archive?.memory ?? nothing, {
      secret,
      reached: reachedRevision(world),
      kept: new Set(kept.map(({ fingerprint }) => fingerprint)),
    }),
  };
}

function withVersionInUse(history: readonly ArchivedVersion[], secret: SecretSeen): readonly ArchivedVersion[] {
  if (secret.kind !== 'ours' || secret.issued === undefined) return history;
  const { revision, chainPem, keyPem } = secret;
  return [{ revision, chainPem, keyPem }, ...history.filter((earlier) => earlier.revision !== revision)];
}

function sizeOf(history: readonly ArchivedVersion[]): number {
  return history.reduce((sum, { chainPem, keyPem }) => sum + chainPem.length + keyPem.length, 0);
}
