import { join } from 'node:path';
import { cacheFolder } from './cache.ts';

/** What a cluster is made of besides etcd, kube-apiserver and the controllers. */
export interface Parts {
  /** A real node: containerd, kubelet, kube-proxy, the scheduler and all controllers, CoreDNS. */
  readonly node: boolean;
  readonly pebble: boolean;
  readonly traefik: boolean;
  /** The chart, installed by helm, and the ClusterIssuer `embedded`. Needs everything above. */
  readonly evercert: boolean;
}

/** All that a cluster's processes need to know. Travels from process to process as JSON. */
export interface ClusterSpec {
  readonly name: string;
  readonly parts: Parts;
  /** Folder of the binaries of each Go program. */
  readonly programs: Readonly<Record<ProgramName, string>>;
  /** Folder of kubectl and helm. */
  readonly toolFolder: string;
  /** Folder of the CNI plugins; empty without a node. */
  readonly cniFolder: string;
  /** docker-archives to import. */
  readonly images: readonly string[];
}

export type ProgramName = 'pause' | 'etcd' | 'kubernetes' | 'pebble' | 'traefik' | 'coredns';

/** The one address of a cluster: of its node, its API server, its ACME server and its ingress. */
export const nodeAddress = '192.168.250.1';

/** The cluster's DNS address, from the range of Service addresses. */
export const dnsAddress = '10.96.0.10';

export const ingressClass = 'traefik';

/** Everything that clusters keep while they run lies here, one folder each. */
export const clustersFolder = '/var/lib/evercert/clusters';

/** The paths of one cluster. */
export interface Layout {
  readonly folder: string;
  readonly logs: string;
  readonly secrets: string;
  readonly kubeconfig: string;
  readonly apiServerCA: string;
  readonly auditLog: string;
  readonly acmeCA: string;
  readonly acmeRoot: string;
  /** A Unix socket that is reached from inside and outside: see `control.ts`. */
  readonly controlSocket: string;
  /** What the supervisor says to those who come later. */
  readonly state: string;
  /** Name of the cluster's cgroup, below the root of each hierarchy. */
  readonly cgroup: string;
}

/** Where the logs of a cluster that failed are kept, until the next of that name fails. */
export function keptLogsOf(name: string): string {
  return join(cacheFolder, 'logs', name);
}

/** Throws when the name cannot be a cluster's. */
export function layoutOf(name: string): Layout {
  if (!/^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/.test(name)) {
    throw new Error(`${name} is no name for a cluster: use up to 30 lower-case letters, digits and hyphens`);
  }
  const folder = join(clustersFolder, name);
  const secrets = join(folder, 'secrets');
  return {
    folder,
    secrets,
    logs: join(folder, 'logs'),
    kubeconfig: join(folder, 'admin.kubeconfig'),
    apiServerCA: join(secrets, 'apiserver.crt'),
    auditLog: join(folder, 'logs', 'audit.log'),
    acmeCA: join(folder, 'acme-ca.pem'),
    acmeRoot: join(folder, 'acme-root.pem'),
    controlSocket: join(folder, 'control.sock'),
    state: join(folder, 'state.json'),
    cgroup: `evercert-${name}`,
  };
}
