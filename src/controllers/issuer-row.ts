import type { AccountAccess } from '../acme/index.ts';
import {
  annotations,
  clusterIssuers,
  type Issuer,
  type IssuerSpec,
  type IssuerStatus,
  issuers,
  timeOf,
} from '../api/index.ts';
import { type KubeObject, keyOf, type Resource, type Source } from '../kube/index.ts';

/** What the controllers keep of an Issuer or a ClusterIssuer. Frozen; replaced as a whole by each change. */
export interface IssuerRow {
  /** `Issuer/<namespace>/<name>` or `ClusterIssuer/<name>`, as Certificates name it (`issuerKeyOf`). */
  readonly key: string;
  readonly kind: 'Issuer' | 'ClusterIssuer';
  /** Absent for a ClusterIssuer. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly spec: IssuerSpec;
  readonly status: IssuerStatus;
  /** What users ask for by annotation. Each names what it acts on, so that a copy of the object asks for nothing. */
  readonly verbs: Readonly<Partial<Record<IssuerVerb, string>>>;
}

/** The verbs of issuers; each is the annotation of `evercert.dev` of the same name. */
export type IssuerVerb = keyof typeof verbAnnotations;

const verbAnnotations = {
  agree: annotations.agree,
  deactivate: annotations.deactivate,
  newAccount: annotations.newAccount,
  rollover: annotations.rollover,
} as const;

/** All Issuers; in their cache they are found by `namespace/name`. */
export const issuerSource: Source<IssuerRow> = { resource: issuers, project: (object) => rowOf(object, 'Issuer') };

/** All ClusterIssuers; in their cache they are found by name. */
export const clusterIssuerSource: Source<IssuerRow> = {
  resource: clusterIssuers,
  project: (object) => rowOf(object, 'ClusterIssuer'),
};

/** Reads an Issuer or a ClusterIssuer into its row. */
export function projectIssuer(object: KubeObject): IssuerRow {
  return rowOf(object, object.kind === clusterIssuers.kind ? 'ClusterIssuer' : 'Issuer');
}

function rowOf(object: KubeObject, kind: IssuerRow['kind']): IssuerRow {
  const { metadata, spec, status } = object as Issuer;
  return {
    key: `${kind}/${keyOf(metadata)}`,
    kind,
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    generation: metadata.generation ?? 0,
    spec,
    status: status ?? {},
    verbs: verbsOf(metadata.annotations ?? {}),
  };
}

function verbsOf(noted: Readonly<Record<string, string>>): IssuerRow['verbs'] {
  const asked = Object.entries(verbAnnotations).map(([verb, name]) => [verb, noted[name]?.trim() ?? ''] as const);
  return Object.fromEntries(asked.filter(([, value]) => value !== ''));
}

/** For so long no order is placed once a change of the account's key has begun. */
const ordersHeldMs = 20 * 60_000;

/** Until when no order may be placed with the account of an issuer, because its key is being changed; undefined where one may. */
export function ordersHeldUntil({ status }: Pick<IssuerRow, 'status'>, now: Date): Date | undefined {
  const since = timeOf(status.acme?.rollover?.since);
  const until = since === undefined ? undefined : new Date(since.getTime() + ordersHeldMs);
  return until !== undefined && now < until ? until : undefined;
}

/** Whether the account in the status is one at the CA that the spec names. */
export function isRecordedAccount({ status, spec }: Pick<IssuerRow, 'status' | 'spec'>): boolean {
  const { uri, directory } = status.acme ?? {};
  if (uri === undefined) return false;
  if (directory !== undefined) return directory === spec.acme.server;
  return URL.parse(uri)?.host === URL.parse(spec.acme.server)?.host;
}

/** Where issuers of a kind are found on the API server. */
export function issuerResource(kind: IssuerRow['kind']): Resource {
  return kind === 'ClusterIssuer' ? clusterIssuers : issuers;
}

/** Where an issuer's Secrets stand: in its own namespace, those of ClusterIssuers in the operator's. */
export function issuerNamespace(issuer: Pick<IssuerRow, 'namespace'>, operatorNamespace: string): string {
  return issuer.namespace ?? operatorNamespace;
}

/** How the CA of an issuer is reached with this account key. */
export function accountAccess({ spec }: Pick<IssuerRow, 'spec'>, keyPem: string, accountUrl?: string): AccountAccess {
  const { server, caBundle, skipTLSVerify } = spec.acme;
  return {
    directoryUrl: server,
    keyPem,
    ...(caBundle === undefined ? {} : { caBundle: Buffer.from(caBundle, 'base64').toString('utf8') }),
    ...(skipTLSVerify === undefined ? {} : { skipTLSVerify }),
    ...(accountUrl === undefined ? {} : { accountUrl }),
  };
}
