import { clusterIssuers, group } from '../../../src/api/index.ts';
import {
  configMaps,
  deployments,
  endpointSlices,
  ingressClasses,
  type KubeObject,
  type Resource,
} from '../../../src/kube/index.ts';

/** The operator's own namespace. */
export const operatorNamespace = 'evercert';
export const responderService = 'evercert-responder';
/** Where the responders stand. */
export const responderAddresses = ['10.0.0.1', '10.0.0.2'] as const;

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };

type Applied = KubeObject & Readonly<Record<string, unknown>>;

function namespace(name: string): readonly [Resource, Applied] {
  return [namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }];
}

/** What stands before any Certificate: namespaces, an ingress class, and two ready responders behind their Service. */
export const furniture: readonly (readonly [Resource, Applied])[] = [
  namespace(operatorNamespace),
  namespace('default'),
  namespace('web'),
  [
    ingressClasses,
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'plain' },
      spec: { controller: 'example.com/ingress-controller' },
    },
  ],
  [
    endpointSlices,
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace: operatorNamespace,
        name: 'responders',
        labels: { 'kubernetes.io/service-name': responderService },
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: responderAddresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    },
  ],
];

/** The ledger of rate limits. */
export const ledgerRef = { namespace: operatorNamespace, name: 'evercert-ledger' } as const;

/** Whether an object, by its kind and key, is the ledger: what it says differs from run to run. */
export function isLedger(id: string): boolean {
  return id === `${configMaps.plural} ${ledgerRef.namespace}/${ledgerRef.name}`;
}

/** A ClusterIssuer with an account of its own at the CA, and with more of `spec.acme`. */
export function clusterIssuer(name: string, more: object = {}): readonly [Resource, Applied] {
  const spec = {
    acme: {
      server: 'https://ca.test/directory',
      privateKeySecretRef: { name: `${name}-account` },
      solvers: [{ http01: { ingress: { ingressClassName: 'plain' } } }],
      ...more,
    },
  };
  return [clusterIssuers, { apiVersion: `${group}/v1`, kind: 'ClusterIssuer', metadata: { name }, spec }];
}

/** A web server of two replicas that serves TLS from a Secret. */
export function webServer(name: string, secretName: string): readonly [Resource, Applied] {
  const labels = { app: name };
  return [
    deployments,
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'web', name },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [{ name: 'web', image: 'nginx', ports: [{ name: 'https', containerPort: 8443 }] }],
            volumes: [{ name: 'tls', secret: { secretName } }],
          },
        },
      },
    },
  ];
}
