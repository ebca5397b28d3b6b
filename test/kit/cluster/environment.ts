import { delimiter, dirname, join } from 'node:path';
import { acmeDirectory, dnsManagement, pebbleManagement } from './pebble.ts';
import { type ClusterSpec, ingressClass, layoutOf, nodeAddress } from './spec.ts';
import { ingressMetrics } from './traefik.ts';

/** What a command inside the cluster finds in its environment. */
export function environmentOf({ name, parts, toolFolder }: ClusterSpec): Readonly<Record<string, string>> {
  const layout = layoutOf(name);
  return {
    // Our Node first, then kubectl and helm, then what the user has.
    PATH: [dirname(process.execPath), toolFolder, process.env['PATH'] ?? ''].join(delimiter),
    EVERCERT_CLUSTER: name,
    KUBECONFIG: layout.kubeconfig,
    AUDIT_LOG: layout.auditLog,
    KUBECACHEDIR: join(layout.folder, 'kubectl'),
    HELM_CACHE_HOME: join(layout.folder, 'helm', 'cache'),
    HELM_CONFIG_HOME: join(layout.folder, 'helm', 'config'),
    HELM_DATA_HOME: join(layout.folder, 'helm', 'data'),
    ...(parts.pebble
      ? {
          ACME_DIRECTORY: acmeDirectory,
          ACME_CA_FILE: layout.acmeCA,
          ACME_ROOT_FILE: layout.acmeRoot,
          DNS_MANAGEMENT: dnsManagement,
          PEBBLE_MANAGEMENT: pebbleManagement,
        }
      : {}),
    ...(parts.traefik ? { INGRESS_IP: nodeAddress, INGRESS_CLASS: ingressClass, INGRESS_METRICS: ingressMetrics } : {}),
  };
}
