import { notASecretName, type Refusal } from './refusal.ts';

/** What an issuer says of a CA that is accepted. */
export const goodAcme = {
  server: 'https://acme-v02.api.letsencrypt.org/directory',
  privateKeySecretRef: { name: 'letsencrypt-account' },
};

const policiesNotYet =
  'policies are not carried out by this version; leave it out, and limit who may create Certificates by RBAC';

export const refusedIssuers: readonly Refusal[] = [
  {
    title: 'another kind of issuer',
    change: { acme: undefined, vault: { server: 'https://vault' } },
    errors: [
      'spec: Invalid value: spec.acme is missing, and Evercert issues from ACME servers alone; give acme, or keep ca, vault, selfSigned and venafi issuers with an operator that has them',
    ],
  },
  {
    title: 'another kind of issuer beside acme',
    change: { selfSigned: {} },
    errors: [
      'spec: Invalid value: Evercert issues from ACME servers alone; leave out ca, vault, selfSigned and venafi',
    ],
  },
  {
    title: 'an empty acme',
    change: { acme: { server: undefined, privateKeySecretRef: undefined } },
    errors: [
      "spec.acme: Invalid value: give acme.server, the URL of the CA's ACME directory",
      "spec.acme: Invalid value: give acme.privateKeySecretRef.name, the Secret that keeps the account's key; it is made when it is absent",
    ],
  },
  {
    title: 'a directory over plain HTTP',
    change: { acme: { server: 'http://ca.example.com/directory' } },
    errors: [
      'spec.acme.server: Invalid value: "http://ca.example.com/directory": must be an https URL, such as https://acme-v02.api.letsencrypt.org/directory',
    ],
  },
  {
    title: 'an account key without the name of its Secret',
    change: { acme: { privateKeySecretRef: { name: undefined, key: 'key' } } },
    errors: [
      "spec.acme.privateKeySecretRef: Invalid value: give the name of the Secret that keeps the account's key; it is made when it is absent",
    ],
  },
  {
    title: 'an account key in a Secret that cannot be',
    change: { acme: { privateKeySecretRef: { name: 'Account Key' } } },
    errors: [`spec.acme.privateKeySecretRef.name: Invalid value: "Account Key": ${notASecretName}`],
  },
  {
    title: 'a mail address with its scheme',
    change: { acme: { email: 'mailto:ops@example.com' } },
    errors: [
      'spec.acme.email: Invalid value: "mailto:ops@example.com": must be one mail address, without mailto and without a name',
    ],
  },
  {
    title: 'a bundle that is not encoded',
    change: { acme: { caBundle: '-----BEGIN CERTIFICATE-----' } },
    errors: [
      'spec.acme.caBundle: Invalid value: "-----BEGIN CERTIFICATE-----": must be base64 of the PEM file: base64 -w0 ca.pem',
    ],
  },
  {
    title: 'a bundle that is a path',
    change: { acme: { caBundle: './ca.pem' } },
    errors: ['spec.acme.caBundle: Invalid value: "./ca.pem": is not base64; write what this prints: base64 -w0 ca.pem'],
  },
  {
    title: 'a bundle that is not looked at',
    change: { acme: { caBundle: 'LS0tLS1CRUdJTg==', skipTLSVerify: true } },
    errors: ['spec.acme: Invalid value: caBundle and skipTLSVerify exclude each other; leave skipTLSVerify out'],
  },
  {
    title: 'a rate limit without a time',
    change: { acme: { rateLimits: { newOrders: { count: 5 }, certificatesPerDomain: { period: '168h' } } } },
    errors: [
      'spec.acme.rateLimits.certificatesPerDomain: Invalid value: give count, how many there may be in period, such as {count: 50, period: 168h}; 0 is no limit',
      'spec.acme.rateLimits.newOrders: Invalid value: give period, the time in which count may be used, such as {count: 50, period: 168h}',
    ],
  },
  {
    title: 'a rate limit of no or of endless time',
    change: {
      acme: {
        rateLimits: { newOrders: { count: 5, period: '5 h' }, certificatesPerDomain: { count: 1, period: '8760h' } },
      },
    },
    errors: [
      'spec.acme.rateLimits.certificatesPerDomain.period: Invalid value: "8760h": must be at least 1s and at most 744h',
      'spec.acme.rateLimits.newOrders.period: Invalid value: "5 h": is not a duration; write whole hours, minutes and seconds, such as 168h or 1h30m',
    ],
  },
  {
    title: 'an empty external account',
    change: { acme: { externalAccountBinding: {} } },
    errors: [
      'spec.acme.externalAccountBinding: Invalid value: give externalAccountBinding.keyID, as the CA told it',
      'spec.acme.externalAccountBinding: Invalid value: give externalAccountBinding.keySecretRef, the Secret with the HMAC key that the CA told',
    ],
  },
  {
    title: 'an external account without its values',
    change: { acme: { externalAccountBinding: { keyID: '', keySecretRef: {} } } },
    errors: [
      'spec.acme.externalAccountBinding.keyID: Invalid value: "": give the identifier of the key, as the CA told it',
      'spec.acme.externalAccountBinding.keySecretRef: Invalid value: give the name of the Secret with the HMAC key',
    ],
  },
  {
    title: 'durations asked of the CA',
    change: { acme: { enableDurationFeature: true } },
    errors: [
      'spec.acme.enableDurationFeature: Invalid value: true: asking the CA for a duration is not carried out by this version; leave it out, and choose a profile where the CA has one',
    ],
  },
  {
    title: 'a DNS-01 solver',
    change: { acme: { solvers: [{ dns01: { route53: { region: 'eu-west-1' } } }] } },
    errors: [
      'spec.acme.solvers[0].dns01: Forbidden: Evercert proves names over HTTP-01 alone; give http01, or keep this solver with an operator that solves DNS-01',
    ],
  },
  {
    title: 'solvers that say nothing',
    change: { acme: { solvers: [{}, { http01: {} }] } },
    errors: [
      'spec.acme.solvers[0]: Invalid value: give http01, such as http01: {ingress: {ingressClassName: traefik}}',
      'spec.acme.solvers[1].http01: Invalid value: give exactly one of ingress, gatewayHTTPRoute, external and webroot',
    ],
  },
  {
    title: 'two classes of one solver',
    change: { acme: { solvers: [{ http01: { ingress: { ingressClassName: 'nginx', class: 'nginx' } } }] } },
    errors: [
      'spec.acme.solvers[0].http01.ingress: Invalid value: ingressClassName, class and name exclude each other; keep one of them',
    ],
  },
  {
    title: 'policies',
    change: { policy: { names: [{ dnsZones: ['example.com'], namespaces: ['shop'] }], unclaimed: 'Deny' } },
    errors: [
      `spec.policy.names: Forbidden: ${policiesNotYet}`,
      `spec.policy.unclaimed: Invalid value: ${policiesNotYet}`,
    ],
  },
];
