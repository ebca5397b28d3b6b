import type { StoredObject } from '../../../../kit/memory-apply.ts';

/** The Secret `account-key` of the ClusterIssuer `le`. */
export function accountKeySecret(namespace: string, keyPem: string): StoredObject {
  const data = { 'tls.key': Buffer.from(keyPem).toString('base64') };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'account-key' }, data };
}

/** Two ready responders behind their Service. */
export function responders(
  namespace: string,
  service: string,
): StoredObject & { readonly endpoints: unknown; readonly ports: unknown } {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name: 'responders',
      labels: { 'kubernetes.io/service-name': service },
    },
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'] }],
  };
}

/** The ClusterIssuer `le`, whose account is ready. */
export function issuer(accountUrl: string, thumbprint: string): StoredObject {
  return {
    apiVersion: 'evercert.dev/v1',
    kind: 'ClusterIssuer',
    metadata: { name: 'le' },
    spec: { acme: { server: 'https://ca.test/directory', privateKeySecretRef: { name: 'account-key' } } },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'AccountReady',
          message: '',
          lastTransitionTime: '2026-06-01T00:00:00Z',
        },
      ],
      acme: { uri: accountUrl, keyThumbprint: thumbprint },
    },
  };
}
