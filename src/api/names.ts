import { canonicalName } from '../pki/index.ts';
import type { CertificateSpec } from './generated/certificate.ts';
import { clusterIssuers, issuers } from './resources.ts';

/** Every name that a Certificate asks for, `commonName` among them: canonical, sorted, without repeats. */
export function namesOf(spec: Pick<CertificateSpec, 'commonName' | 'dnsNames' | 'ipAddresses'>): string[] {
  const asked = [spec.commonName ?? '', ...(spec.dnsNames ?? []), ...(spec.ipAddresses ?? [])];
  return [...new Set(asked.filter((name) => name !== '').map(canonicalName))].sort();
}

/** The key of the issuer that a Certificate names: `Issuer/<namespace>/<name>` or `ClusterIssuer/<name>`. */
export function issuerKeyOf({ issuerRef }: Pick<CertificateSpec, 'issuerRef'>, namespace: string): string {
  return issuerRef.kind === clusterIssuers.kind
    ? `${clusterIssuers.kind}/${issuerRef.name}`
    : `${issuers.kind}/${namespace}/${issuerRef.name}`;
}
