/** The API group of our kinds. */
export const group = 'evercert.dev';

/** The only version of our kinds. */
export const version = 'v1';

/** Certificates: namespaced. */
export const certificates = { group, version, plural: 'certificates', kind: 'Certificate', namespaced: true } as const;

/** Issuers, for the Certificates of their own namespace. */
export const issuers = { group, version, plural: 'issuers', kind: 'Issuer', namespaced: true } as const;

/** Issuers for the Certificates of every namespace. */
export const clusterIssuers = {
  group,
  version,
  plural: 'clusterissuers',
  kind: 'ClusterIssuer',
  namespaced: false,
} as const;
