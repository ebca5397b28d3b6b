import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answers } from './checks.ts';
import type { Components } from './component.ts';
import type { ControlPlane } from './control-plane.ts';
import { testDNSPort } from './pebble.ts';
import { versionOf } from './programs.ts';
import { type ClusterSpec, dnsAddress, type Layout, nodeAddress } from './spec.ts';

const readyAddress = '127.0.0.1:8181';

/** Starts CoreDNS beside the pods, and puts it at the cluster's DNS address through a Service without a selector. */
export async function startDNS(
  { programs, parts }: ClusterSpec,
  layout: Layout,
  { api, kubeconfigOf }: ControlPlane,
  components: Components,
): Promise<void> {
  const corefile = join(layout.folder, 'Corefile');
  await writeFile(corefile, configuration(kubeconfigOf('admin'), testDNSPort(parts)));
  await components.start({
    name: 'coredns',
    version: versionOf('coredns'),
    command: [join(programs.coredns, 'coredns'), '-conf', corefile],
    isReady: () => answers(`http://${readyAddress}/ready`),
  });
  await api.create('/api/v1/namespaces/kube-system/services', service);
  await api.create('/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices', endpoints);
}

/** Nothing is cached: tests change what names lead to. */
function configuration(kubeconfig: string, forwardPort: number): string {
  return `. {
  errors
  ready ${readyAddress}
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig}
    ttl 1
  }
  forward . 127.0.0.1:${forwardPort}
}
`;
}

const ports = [
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, protocol: 'TCP' },
];

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kube-dns', labels: { 'k8s-app': 'kube-dns' } },
  spec: { clusterIP: dnsAddress, ports },
};

const endpoints = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: 'kube-dns',
    labels: { 'kubernetes.io/service-name': 'kube-dns', 'endpointslice.kubernetes.io/managed-by': 'evercert-cluster' },
  },
  addressType: 'IPv4',
  endpoints: [{ addresses: [nodeAddress], conditions: { ready: true } }],
  ports,
};
