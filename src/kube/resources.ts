import type { Resource } from './objects.ts';

function namespaced(group: string, version: string, plural: string, kind: string): Resource {
  return Object.freeze({ group, version, plural, kind, namespaced: true });
}

/** Secrets. */
export const secrets = namespaced('', 'v1', 'secrets', 'Secret');
/** ConfigMaps. */
export const configMaps = namespaced('', 'v1', 'configmaps', 'ConfigMap');
/** Services. */
export const services = namespaced('', 'v1', 'services', 'Service');
/** Pods. */
export const pods = namespaced('', 'v1', 'pods', 'Pod');
/** Deployments. */
export const deployments = namespaced('apps', 'v1', 'deployments', 'Deployment');
/** StatefulSets. */
export const statefulSets = namespaced('apps', 'v1', 'statefulsets', 'StatefulSet');
/** DaemonSets. */
export const daemonSets = namespaced('apps', 'v1', 'daemonsets', 'DaemonSet');
/** Ingresses. */
export const ingresses = namespaced('networking.k8s.io', 'v1', 'ingresses', 'Ingress');
/** IngressClasses. */
export const ingressClasses: Resource = Object.freeze({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ingressclasses',
  kind: 'IngressClass',
  namespaced: false,
});
/** EndpointSlices. */
export const endpointSlices = namespaced('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice');
/** Leases. */
export const leases = namespaced('coordination.k8s.io', 'v1', 'leases', 'Lease');
/** Events of the group events.k8s.io (the same objects as the core group's). */
export const events = namespaced('events.k8s.io', 'v1', 'events', 'Event');
