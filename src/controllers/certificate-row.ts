import {
  annotations,
  type Certificate,
  type CertificateSpec,
  type CertificateStatus,
  certificates,
  issuerKeyOf,
  namesOf,
  timeOf,
} from '../api/index.ts';
import { type KubeObject, keyOf, type Source } from '../kube/index.ts';

/** What the controllers keep of a Certificate. Frozen; replaced as a whole by each change. */
export interface CertificateRow {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly createdAt: Date;
  readonly labels: Readonly<Record<string, string>>;
  /** The annotation `evercert.dev/renew`, where it is a date. */
  readonly renewRequestedAt: Date | undefined;
  /** Every name asked for: canonical, sorted, without repeats. */
  readonly names: readonly string[];
  readonly secretName: string;
  /** `Issuer/<namespace>/<name>` or `ClusterIssuer/<name>`. */
  readonly issuerKey: string;
  readonly spec: CertificateSpec;
  readonly status: CertificateStatus;
}

/** All Certificates, found by their Secret (`namespace/name`), their issuer (its key), each of their names, and their uid. */
export const certificateSource: Source<CertificateRow> = {
  resource: certificates,
  project: projectCertificate,
  indexes: {
    secret: (row) => [`${row.namespace}/${row.secretName}`],
    issuer: (row) => [row.issuerKey],
    host: (row) => row.names,
    uid: (row) => [row.uid],
  },
};

/** Reads a Certificate into its row. */
export function projectCertificate(object: KubeObject): CertificateRow {
  const { metadata, spec, status } = object as Certificate;
  const namespace = metadata.namespace ?? '';
  return {
    key: keyOf({ namespace, name: metadata.name }),
    namespace,
    name: metadata.name,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    generation: metadata.generation ?? 0,
    createdAt: new Date(metadata.creationTimestamp ?? 0),
    labels: metadata.labels ?? {},
    renewRequestedAt: timeOf(metadata.annotations?.[annotations.renew]),
    names: namesOf(spec),
    secretName: spec.secretName,
    issuerKey: issuerKeyOf(spec, namespace),
    spec,
    status: status ?? {},
  };
}
