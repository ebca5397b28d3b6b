/**
 * The fleet: Certificates in the state that the operator leaves them in when nothing is to be done, and their Secrets. If they
 * were not in that state, the operator would write, and `idle_writes` would show it.
 */
import { annotations, labels, managedByValue, managers, timestamp } from '../../../src/api/index.ts';
import { type Leaves, leaves } from './leaf.ts';

/** One Certificate and its Secret, as etcd holds them: JSON by key. */
export interface Member {
  readonly certificate: Entry;
  readonly secret: Entry;
}

export interface Entry {
  readonly key: string;
  readonly json: string;
}

/** Makes the members of a fleet; the same index and touch give the same member. */
export interface Fleet {
  /** `touch` stands in an annotation that nobody reads: another one changes the objects and nothing that matters. */
  member(index: number, touch: number): Member;
}

const namespaces = 200;
const issuer = 'fleet';
/** Far from both ends of the certificate, and the same for all. */
const renewBefore = '720h';
const renewBeforeMs = 720 * 3_600_000;

/** Makes a fleet, with keys of its own. */
export async function makeFleet(): Promise<Fleet> {
  const certificates = await leaves();
  const intoCertificate = templateOf(certificateTemplate(certificates));
  const intoSecret = templateOf(secretTemplate(certificates));
  return {
    member(index, touch) {
      const address = `127.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
      const { chain, serialNumber, fingerprint } = certificates.of(address);
      const number = String(index).padStart(6, '0');
      const namespace = `team-${String(index % namespaces).padStart(3, '0')}`;
      const name = `shop-${number}`;
      const values: Values = {
        NAME: name,
        NAMESPACE: namespace,
        ADDRESS: address,
        CERTIFICATE_UID: `c0ffee00-0000-4000-8000-000000${number}`,
        SECRET_UID: `5ec2e700-0000-4000-8000-000000${number}`,
        SERIAL: serialNumber,
        FINGERPRINT: fingerprint,
        TOUCH: String(touch),
        CHAIN: Buffer.from(chain).toString('base64'),
      };
      return {
        certificate: {
          key: `/registry/evercert.dev/certificates/${namespace}/${name}`,
          json: intoCertificate(values),
        },
        secret: { key: `/registry/secrets/${namespace}/${name}-tls`, json: intoSecret(values) },
      };
    },
  };
}

const blanks = [
  'NAME',
  'NAMESPACE',
  'ADDRESS',
  'CERTIFICATE_UID',
  'SECRET_UID',
  'SERIAL',
  'FINGERPRINT',
  'TOUCH',
  'CHAIN',
] as const;
type Values = Readonly<Record<(typeof blanks)[number], string>>;

/** A text with blanks such as `<NAME>`, cut once: filling it in is one concatenation. */
function templateOf(object: object): (values: Values) => string {
  const parts = JSON.stringify(object).split(/<([A-Z_]+)>/);
  return (values) => parts.map((part, index) => (index % 2 === 0 ? part : values[part as keyof Values])).join('');
}

function certificateTemplate({ notBefore, notAfter }: Leaves): object {
  const created = timestamp(notBefore);
  const spec = {
    secretName: '<NAME>-tls',
    ipAddresses: ['<ADDRESS>'],
    issuerRef: { kind: 'ClusterIssuer', name: issuer },
    renewBefore,
    privateKey: { algorithm: 'ECDSA', size: 256 },
  };
  const condition = (type: string, status: string, reason: string, message: string): object => ({
    type,
    status,
    reason,
    message,
    observedGeneration: 1,
    lastTransitionTime: created,
  });
  const until = notAfter.toISOString().slice(0, 10);
  const status = {
    observedGeneration: 1,
    conditions: [
      condition('Ready', 'True', 'Issued', `The Secret <NAME>-tls holds a certificate that is valid until ${until}.`),
      condition('Reachable', 'True', 'Reached', 'Every name leads to the responder.'),
      condition('Issuing', 'False', 'Issued', 'Nothing is to be issued now.'),
      condition('Reconciling', 'False', 'Reconciled', 'The Secret holds what the spec asks for.'),
    ],
    notBefore: created,
    notAfter: timestamp(notAfter),
    renewalTime: timestamp(new Date(notAfter.getTime() - renewBeforeMs)),
    serialNumber: '<SERIAL>',
    fingerprint: '<FINGERPRINT>',
    revision: 1,
    secretName: '<NAME>-tls',
    issuanceTime: notBefore.toISOString(),
    certificateURL,
  };
  const head = { apiVersion: 'evercert.dev/v1', kind: 'Certificate' };
  const marks = { 'app.kubernetes.io/name': 'shop', 'app.kubernetes.io/part-of': '<NAMESPACE>' };
  const applied = { ...head, metadata: { name: '<NAME>', namespace: '<NAMESPACE>', labels: marks }, spec };
  const noted = {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(applied),
    'bench.evercert.dev/touch': '<TOUCH>',
  };
  const metadata = {
    ...applied.metadata,
    uid: '<CERTIFICATE_UID>',
    generation: 1,
    creationTimestamp: created,
    annotations: noted,
    managedFields: [
      managed('kubectl-client-side-apply', 'Update', created, {
        metadata: { annotations: noted, labels: marks },
        spec,
      }),
      { ...managed(managers.certificate, 'Apply', created, { status }), subresource: 'status' },
    ],
  };
  return { ...head, metadata, spec, status };
}

/** As Let's Encrypt writes it. */
const certificateURL = 'https://acme-v02.api.letsencrypt.org/acme/cert/<SERIAL>';

function secretTemplate({ notBefore, key }: Leaves): object {
  const created = timestamp(notBefore);
  const marks = { [labels.managedBy]: managedByValue, [labels.certificateUID]: '<CERTIFICATE_UID>' };
  const noted = {
    [annotations.certificateName]: '<NAME>',
    [annotations.issuerName]: issuer,
    [annotations.issuerKind]: 'ClusterIssuer',
    [annotations.revision]: '1',
    [annotations.issuedAt]: notBefore.toISOString(),
    [annotations.fingerprint]: '<FINGERPRINT>',
    [annotations.certificateURL]: certificateURL,
  };
  const touched = { 'bench.evercert.dev/touch': '<TOUCH>' };
  const data = { 'tls.crt': '<CHAIN>', 'tls.key': Buffer.from(key).toString('base64') };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: '<NAME>-tls',
      namespace: '<NAMESPACE>',
      uid: '<SECRET_UID>',
      creationTimestamp: created,
      labels: marks,
      annotations: { ...noted, ...touched },
      managedFields: [
        managed(managers.certificate, 'Apply', created, { metadata: { annotations: noted, labels: marks }, data }),
        managed('bench', 'Update', created, { metadata: { annotations: touched } }),
      ],
    },
    type: 'kubernetes.io/tls',
    data,
  };
}

/** An entry of `managedFields` as the API server makes it: each field that the manager set, by its path. */
function managed(manager: string, operation: string, time: string, fields: object): object {
  const [apiVersion, fieldsType] = ['evercert.dev/v1', 'FieldsV1'];
  return { manager, operation, apiVersion, time, fieldsType, fieldsV1: fieldsOf(fields) };
}

function fieldsOf(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [`f:${name}`, fieldsOf(one)]));
}
