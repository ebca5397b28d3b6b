import { notASecretName, type Refusal } from './refusal.ts';

/** A Certificate that is accepted. */
export const goodCertificate = {
  secretName: 'www-tls',
  issuerRef: { name: 'letsencrypt' },
  dnsNames: ['www.example.com'],
};

const notADnsName =
  'is not a DNS name: write the host alone, without scheme, port or path, and international names in their ASCII form (xn--...)';
const notADuration = 'is not a duration; write whole hours, minutes and seconds, such as';
const namesAlone = 'an ACME server issues for DNS names and IP addresses alone; leave';
const keySize = 'must be 2048, 3072 or 4096 for RSA, and 256 or 384 for ECDSA, which is what public CAs accept';
const hosts = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}.example.com`);

export const refusedCertificates: readonly Refusal[] = [
  {
    title: 'a Certificate without any name',
    change: { dnsNames: undefined },
    errors: [
      'spec: Invalid value: name what the certificate is for, at least one of dnsNames, ipAddresses and commonName',
    ],
  },
  {
    title: 'more names than a certificate has',
    change: { dnsNames: hosts(100), commonName: 'www.example.com' },
    errors: ['spec: Invalid value: a certificate has at most 100 names; split it into several Certificates'],
  },
  {
    title: 'a wildcard',
    change: { dnsNames: ['www.example.com', '*.example.com'] },
    errors: [
      'spec.dnsNames[1]: Invalid value: "*.example.com": wildcard names cannot be proven over HTTP-01; list each name, or keep the wildcard with an operator that solves DNS-01',
    ],
  },
  {
    title: 'a URL for a name',
    change: { dnsNames: ['https://www.example.com/'] },
    errors: [`spec.dnsNames[0]: Invalid value: "https://www.example.com/": ${notADnsName}`],
  },
  {
    title: 'an international name in Unicode',
    change: { dnsNames: ['bücher.example'] },
    errors: [`spec.dnsNames[0]: Invalid value: "bücher.example": ${notADnsName}`],
  },
  {
    title: 'an IP address among the DNS names',
    change: { dnsNames: ['192.0.2.7'] },
    errors: ['spec.dnsNames[0]: Invalid value: "192.0.2.7": is an IP address; write it under ipAddresses'],
  },
  {
    title: 'a prefix for an IP address',
    change: { ipAddresses: ['192.0.2.0/24'] },
    errors: [
      'spec.ipAddresses[0]: Invalid value: "192.0.2.0/24": is not an IP address; write DNS names under dnsNames, and addresses without port or prefix',
    ],
  },
  {
    title: 'a common name that is no name',
    change: { commonName: 'My shop' },
    errors: [
      'spec.commonName: Invalid value: "My shop": is not a DNS name or an IP address; an ACME server issues for names alone, so leave it out or write one of the names',
    ],
  },
  {
    title: 'a wildcard as common name',
    change: { commonName: '*.example.com' },
    errors: [
      'spec.commonName: Invalid value: "*.example.com": wildcard names cannot be proven over HTTP-01; list each name under dnsNames, or keep the wildcard with an operator that solves DNS-01',
    ],
  },
  {
    title: 'a common name that is too long',
    change: { commonName: `${'a'.repeat(60)}.example.com` },
    errors: [
      `spec.commonName: Invalid value: "${'a'.repeat(60)}.example.com": has more than 64 characters, which a common name cannot have; write the name under dnsNames instead`,
    ],
  },
  {
    title: 'a Secret name that no Secret can have',
    change: { secretName: 'WWW_tls' },
    errors: [`spec.secretName: Invalid value: "WWW_tls": ${notASecretName}`],
  },
  {
    title: 'the name of an archive Secret',
    change: { secretName: 'evercert-archive-1' },
    errors: [
      'spec.secretName: Invalid value: "evercert-archive-1": names that start with evercert-archive- are those of archives; choose another name',
    ],
  },
  {
    title: 'a Certificate without an issuer',
    change: { issuerRef: undefined },
    errors: ['spec.issuerRef: Required value'],
  },
  {
    title: 'an empty name of an issuer',
    change: { issuerRef: { name: '' } },
    errors: [
      'spec.issuerRef.name: Invalid value: "": name the Issuer or ClusterIssuer that the certificate is ordered from',
    ],
  },
  {
    title: "another operator's issuer",
    change: { issuerRef: { name: 'pca', kind: 'AWSPCAIssuer', group: 'awspca.cert-manager.io' } },
    errors: [
      'spec.issuerRef.kind: Invalid value: "AWSPCAIssuer": must be Issuer or ClusterIssuer; Evercert has no other kinds of issuers',
      'spec.issuerRef.group: Invalid value: "awspca.cert-manager.io": is the group of another operator\'s issuers; leave it out, and name an Issuer or ClusterIssuer of evercert.dev',
    ],
  },
  {
    title: 'days in a duration',
    change: { duration: '90d', renewBefore: '30 days' },
    errors: [
      `spec.duration: Invalid value: "90d": ${notADuration} 2160h or 1h30m`,
      `spec.renewBefore: Invalid value: "30 days": ${notADuration} 720h or 1h30m`,
    ],
  },
  {
    title: 'durations that are too short',
    change: { duration: '59m', renewBefore: '4m' },
    errors: [
      'spec.duration: Invalid value: "59m": must be at least 1h',
      'spec.renewBefore: Invalid value: "4m": must be at least 5m',
    ],
  },
  {
    title: 'a renewal before the certificate begins',
    change: { duration: '720h', renewBefore: '720h0m' },
    errors: [
      'spec.renewBefore: Invalid value: must be shorter than duration, or the certificate would be renewed without end',
    ],
  },
  {
    title: 'two ways to say when to renew',
    change: { renewBefore: '720h', renewBeforePercentage: 33 },
    errors: ['spec: Invalid value: renewBefore and renewBeforePercentage exclude each other; leave one of them out'],
  },
  {
    title: 'a share of more than the lifetime',
    change: { renewBeforePercentage: 100 },
    errors: ['spec.renewBeforePercentage: Invalid value: 100: must be from 1 to 99'],
  },
  {
    title: 'keys that public CAs do not take',
    change: { privateKey: { algorithm: 'Ed25519' } },
    errors: [
      'spec.privateKey.algorithm: Invalid value: "Ed25519": public CAs and browsers do not take Ed25519 keys; use ECDSA or RSA',
    ],
  },
  ...[
    { algorithm: 'RSA', size: 8192 },
    { algorithm: 'ECDSA', size: 521 },
    { algorithm: 'ECDSA', size: 2048 },
    { size: 1024 },
  ].map((privateKey) => ({
    title: `a key of ${privateKey.size} bits for ${privateKey.algorithm ?? 'any algorithm'}`,
    change: { privateKey },
    errors: [`spec.privateKey.size: Invalid value: ${keySize}`],
  })),
  {
    title: 'labels and annotations of our own on the Secret',
    change: {
      secretTemplate: {
        annotations: { 'evercert.dev/revision': '7' },
        labels: { 'app.kubernetes.io/managed-by': 'me' },
      },
    },
    errors: [
      'spec.secretTemplate.annotations: Invalid value: annotations of evercert.dev are set by Evercert alone; leave them out',
      'spec.secretTemplate.labels: Invalid value: labels of evercert.dev and app.kubernetes.io/managed-by are set by Evercert alone; leave them out',
    ],
  },
  {
    title: 'a CA certificate',
    change: { isCA: true },
    errors: [
      'spec.isCA: Invalid value: true: an ACME server issues no CA certificates; leave isCA out, and keep private CAs with an operator that has a CA issuer',
    ],
  },
  {
    title: 'other kinds of names',
    change: {
      uris: ['spiffe://cluster.local/ns/shop'],
      emailAddresses: ['a@example.com'],
      otherNames: [{ oid: '1.3.6.1.4.1.311.20.2.3', utf8Value: 'upn@example.com' }],
    },
    errors: ['uris', 'emailAddresses', 'otherNames'].map(
      (field) => `spec.${field}: Forbidden: ${namesAlone} ${field} out`,
    ),
  },
  {
    title: 'keystores without a password, with two, with an empty one, and in a profile that there is not',
    change: {
      keystores: {
        jks: { create: true },
        pkcs12: { create: true, password: '', passwordSecretRef: { name: '' }, profile: 'Modern' },
      },
    },
    errors: [
      'spec.keystores.jks: Invalid value: needs a password; name either passwordSecretRef or password',
      'spec.keystores.pkcs12: Invalid value: needs a password; name either passwordSecretRef or password',
      'spec.keystores.pkcs12.passwordSecretRef: Invalid value: name the Secret that holds the password',
      'spec.keystores.pkcs12.password: Invalid value: is empty; a keystore has a password',
      'spec.keystores.pkcs12.profile: Invalid value: must be LegacyRC2, LegacyDES or Modern2023',
    ],
  },
  {
    title: 'a further form of the pair that there is not',
    change: { additionalOutputFormats: [{ type: 'PEM' }, {}] },
    errors: [
      'spec.additionalOutputFormats[0]: Invalid value: must have the type CombinedPEM or DER',
      'spec.additionalOutputFormats[1]: Invalid value: must have the type CombinedPEM or DER',
    ],
  },
  {
    title: 'maintenance windows that cannot be read',
    change: {
      renewal: {
        windows: [
          { cron: '0 25 * * *', timezone: 'Mars/Phobos', windowDuration: '30s' },
          { cron: '@daily', windowDuration: 'two hours' },
        ],
      },
    },
    errors: [
      'spec.renewal.windows[0].cron: Invalid value: "0 25 * * *": is not a cron expression; write minute, hour, day of the month, month and day of the week with one space between them, such as \'0 3 * * MON-FRI\'',
      'spec.renewal.windows[0].timezone: Invalid value: "string": unknown time zone Mars/Phobos evaluating rule: must be the IANA name of a time zone, such as Europe/Berlin, or UTC',
      'spec.renewal.windows[0].windowDuration: Invalid value: "30s": must be at least 1m',
      'spec.renewal.windows[1].cron: Invalid value: "@daily": is not a cron expression; write minute, hour, day of the month, month and day of the week with one space between them, such as \'0 3 * * MON-FRI\'',
      'spec.renewal.windows[1].windowDuration: Invalid value: "two hours": is not a duration; write whole hours, minutes and seconds, such as 2h or 1h30m',
    ],
  },
  {
    title: 'reloads in place',
    change: { reload: { strategy: 'Exec', targets: [{ kind: 'Deployment', name: 'www' }] } },
    errors: [
      'spec.reload.strategy: Invalid value: in-place strategies are not carried out by this version; use Auto, Rolling or None',
      'spec.reload.targets: Forbidden: named targets are not carried out by this version; leave them out, the workloads that consume the Secret are found by themselves',
    ],
  },
];
