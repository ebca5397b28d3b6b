import { annotations, certificates, clusterIssuers, issuers, labels } from '../../src/api/index.ts';
import {
  configMaps,
  daemonSets,
  deployments,
  endpointSlices,
  ingressClasses,
  ingresses,
  type KubeObject,
  pods,
  type Resource,
  secrets,
  statefulSets,
} from '../../src/kube/index.ts';
import type { Random } from '../kit/random.ts';

/** What an object says beside its kind and its name. */
export interface Said {
  readonly metadata?: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly [field: string]: unknown;
}

/** A kind that the writer writes. */
export interface Kind {
  readonly resource: Resource;
  /** How many names it has; at any time about three quarters of them are taken. */
  readonly names: number;
  /** What an object of it may say. */
  readonly said: (random: Random) => Said;
  /** What another controller may say of it, by its subresource `status`. */
  readonly status?: (random: Random) => object;
}

const fewNames = 40;

/** The kinds that the operator and the responder look at, and ConfigMaps that come in more than one page. */
export const kinds: readonly Kind[] = [
  { resource: certificates, names: fewNames, said: certificate, status: certificateStatus },
  { resource: issuers, names: fewNames, said: issuer },
  { resource: clusterIssuers, names: fewNames, said: issuer },
  { resource: secrets, names: fewNames, said: secret },
  { resource: ingresses, names: fewNames, said: ingress },
  { resource: ingressClasses, names: 10, said: ingressClass },
  { resource: endpointSlices, names: fewNames, said: endpointSlice },
  { resource: deployments, names: 10, said: deployment },
  { resource: statefulSets, names: 10, said: statefulSet },
  { resource: daemonSets, names: fewNames, said: daemonSet },
  { resource: pods, names: fewNames, said: pod, status: podStatus },
  { resource: configMaps, names: 800, said: configMap },
];

function certificate(random: Random): Said {
  const hosts = Array.from({ length: 1 + random.below(3) }, () => host(random));
  return {
    spec: {
      secretName: `tls-${random.below(fewNames)}`,
      dnsNames: [...new Set(hosts)],
      issuerRef: { kind: random.pick(['Issuer', 'ClusterIssuer']), name: `issuers-${random.below(fewNames)}` },
    },
  };
}

/** It enters and leaves the responder's selection by its state. */
function certificateStatus(random: Random): object {
  const state = random.pick(['pending', 'ready', 'valid']);
  const identifier = { type: 'dns', value: host(random), state: 'pending', token: `token-${random.below(1e9)}` };
  const order = { url: 'https://ca.example/order/1', revision: 1, thumbprint: 'thumbprint' };
  return { order: { ...order, state, identifiers: [identifier] } };
}

function issuer(random: Random): Said {
  const acme = { server: 'https://ca.example/directory', privateKeySecretRef: { name: `account-${random.below(9)}` } };
  return { spec: { acme } };
}

function secret(random: Random): Said {
  const marks = random.chance(0.7) ? { [labels.certificateUID]: uid(random) } : {};
  const notes = { [annotations.fingerprint]: String(random.below(1e9)) };
  const data = { value: btoa('x'.repeat(random.below(2_000))) };
  return { metadata: { labels: marks, annotations: notes }, type: 'Opaque', data };
}

function ingress(random: Random): Said {
  const backend = { service: { name: 'web', port: { number: 80 } } };
  const paths = [{ path: '/', pathType: 'Prefix', backend }];
  const marks = random.chance(0.7) ? { [labels.certificateUID]: uid(random) } : {};
  return { metadata: { labels: marks }, spec: { rules: [{ host: host(random), http: { paths } }] } };
}

function ingressClass(random: Random): Said {
  // The controller of a class cannot be changed.
  return { metadata: { annotations: { note: String(random.below(1e9)) } }, spec: { controller: 'soak.example/none' } };
}

function endpointSlice(random: Random): Said {
  const endpoints = [{ addresses: [`10.0.0.${1 + random.below(200)}`], conditions: { ready: random.chance(0.5) } }];
  const marks = { 'kubernetes.io/service-name': `service-${random.below(5)}` };
  const ports = [{ name: 'http', port: 1 + random.below(60_000), protocol: 'TCP' }];
  return { metadata: { labels: marks }, addressType: 'IPv4', ports, endpoints };
}

function deployment(random: Random): Said {
  return { spec: { replicas: 0, ...workload(random) } };
}

function statefulSet(random: Random): Said {
  return { spec: { replicas: 0, serviceName: 'none', ...workload(random) } };
}

function daemonSet(random: Random): Said {
  return { spec: workload(random) };
}

function workload(random: Random): object {
  const marks = { app: 'soak' };
  const volumes = [{ name: 'tls', secret: { secretName: `tls-${random.below(fewNames)}` } }];
  const spec = { containers: [{ name: 'web', image: 'none' }], volumes };
  return { selector: { matchLabels: marks }, template: { metadata: { labels: marks }, spec } };
}

/** Of a pod's spec hardly anything may change. */
function pod(random: Random): Said {
  const containers = [{ name: 'web', image: 'none' }];
  const spec = { containers, automountServiceAccountToken: false, nodeSelector: { none: 'such' } };
  return { metadata: { annotations: { note: String(random.below(1e9)) } }, spec };
}

/** It enters and leaves the reload's selection by its phase. */
function podStatus(random: Random): object {
  return { phase: random.pick(['Pending', 'Running', 'Running', 'Failed']), podIP: `10.1.0.${1 + random.below(200)}` };
}

function configMap(random: Random): Said {
  return { data: { value: 'x'.repeat(random.below(500)), version: String(random.below(1e9)) } };
}

/** The object of a kind by one of its names. */
export function objectOf(
  { resource }: Kind,
  name: string,
  namespace: string,
  said: Said | { status: object },
): KubeObject {
  const metadata = 'metadata' in said && said.metadata !== undefined ? (said.metadata as object) : {};
  const place = resource.namespaced ? { namespace, name } : { name };
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  return { apiVersion, kind: resource.kind, ...said, metadata: { ...metadata, ...place } };
}

function host(random: Random): string {
  return `host-${random.below(200)}.example`;
}

function uid(random: Random): string {
  return `00000000-0000-4000-8000-${String(random.below(1e9)).padStart(12, '0')}`;
}
