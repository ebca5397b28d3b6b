/** Labels that we set on objects of our own. */
export const labels = {
  /** Its value is `managedByValue`. */
  managedBy: 'app.kubernetes.io/managed-by',
  /** The uid of the Certificate that the object belongs to. */
  certificateUID: 'evercert.dev/certificate-uid',
  /** The public id of the installation that made the object. */
  installation: 'evercert.dev/installation',
} as const;

/** The value of the label `app.kubernetes.io/managed-by` on every object that we make. */
export const managedByValue = 'evercert';

/** Annotations that we read and write. */
export const annotations = {
  /** On Secrets and routes: the Certificate they belong to. */
  certificateName: 'evercert.dev/certificate-name',
  /** On routes: the namespace of the Certificate they belong to. */
  certificateNamespace: 'evercert.dev/certificate-namespace',
  /** On Secrets: the issuer of the certificate in it. */
  issuerName: 'evercert.dev/issuer-name',
  /** On Secrets: `Issuer` or `ClusterIssuer`. */
  issuerKind: 'evercert.dev/issuer-kind',
  /** On Secrets: which issuance of its Certificate it holds, counted from 1. */
  revision: 'evercert.dev/revision',
  /** On Secrets: when the certificate in it was stored first, RFC 3339. */
  issuedAt: 'evercert.dev/issued-at',
  /** On Secrets: SHA-256 of the leaf, lower-case hexadecimal. */
  fingerprint: 'evercert.dev/fingerprint',
  /** On Secrets: where the CA gives the certificate in it. */
  certificateURL: 'evercert.dev/certificate-url',
  /** On Secrets: `true` while what they hold is a self-signed certificate that waits for the first one. */
  temporary: 'evercert.dev/temporary',
  /** On Secrets: what the keystores in it were made of, as a MAC under the private key. */
  keystores: 'evercert.dev/keystores',
  /** On archive Secrets: the next issuance, stored before any order. */
  intent: 'evercert.dev/intent',
  /** On archive Secrets: what verbs did to certificates, so that nothing is done twice. */
  memory: 'evercert.dev/memory',
  /** On Certificates, set by users: renew unless the Secret was issued at or after this time (RFC 3339). */
  renew: 'evercert.dev/renew',
  /** On Certificates, set by users: `<fingerprint>[@<time>]` puts that certificate back from the archive. */
  rollback: 'evercert.dev/rollback',
  /** On Certificates, set by users: `<fingerprint>[=<reason>]` revokes that certificate. */
  revoke: 'evercert.dev/revoke',
  /** On Certificates, set by users: `true` has the Secret hold a self-signed certificate until the first one is issued. */
  issueTemporary: 'evercert.dev/issue-temporary-certificate',
  /** On issuers, set by users: the URL of the CA's terms that they agree to. */
  agree: 'evercert.dev/agree',
  /** On issuers, set by users: the URL of the account to end for good. */
  deactivate: 'evercert.dev/deactivate',
  /** On issuers, set by users: the URL of the account that is lost, in whose place a new one is to be made. */
  newAccount: 'evercert.dev/new-account',
  /** On issuers, set by users: the thumbprint of the account key to replace by a new one. */
  rollover: 'evercert.dev/rollover',
  /** On Certificates, set by users: `<fingerprint>` lets a certificate of a staging CA take the place of that one. */
  replaceWithStaging: 'evercert.dev/replace-with-staging',
  /** On Secrets, set by users: `true` lets the Certificate that names the Secret take it over, or an issuer change the account key in it. */
  adopt: 'evercert.dev/adopt',
  /** On pod templates: a digest of the certificates that the workload consumes. */
  reloadDigest: 'evercert.dev/certificates',
  /** On pod templates, set by users: the port where the pods serve TLS. */
  tlsPort: 'evercert.dev/tls-port',
} as const;

/** Field managers, one for each part that is applied by itself: server-side apply removes what its manager leaves out. */
export const managers = {
  /** Of a Certificate's status without `reload` and the condition `Reloaded`, of its Secret and its archive. */
  certificate: 'evercert-certificate',
  /** Of `status.reload`, the condition `Reloaded` and the annotation on pod templates. */
  reload: 'evercert-reload',
  /** Of an issuer's status and its account key. */
  issuer: 'evercert-issuer',
  /** Of the ClusterIssuers that the installation's settings ask for. */
  preset: 'evercert-preset',
  /** Of routes. */
  route: 'evercert-route',
  /** Of the ledger of rate limits. */
  ledger: 'evercert-ledger',
} as const;

/** The token that every responder answers with the id of the installation, so that a route is proven before any order. */
export const reachabilityToken = 'evercert-reachability';

/** Where challenges are answered (RFC 8555, 8.3). */
export const challengePath = '/.well-known/acme-challenge/';
