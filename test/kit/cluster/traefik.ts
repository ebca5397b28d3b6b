import { join } from 'node:path';
import { answers } from './checks.ts';
import type { Components } from './component.ts';
import type { ControlPlane } from './control-plane.ts';
import { versionOf } from './programs.ts';
import { type ClusterSpec, ingressClass, nodeAddress } from './spec.ts';

/** Traefik's metrics, in Prometheus' format, beside its health. */
const managementPort = 8083;
export const ingressMetrics = `http://${nodeAddress}:${managementPort}/metrics`;

const flags = [
  '--entrypoints.web.address=:80',
  '--entrypoints.websecure.address=:443',
  '--entrypoints.websecure.http.tls=true', // as Traefik's own chart has it
  `--entrypoints.traefik.address=:${managementPort}`,
  '--providers.kubernetesingress=true',
  `--providers.kubernetesingress.ingressclass=${ingressClass}`,
  `--providers.kubernetesingress.ingressendpoint.ip=${nodeAddress}`,
  '--log.nocolor=true',
  '--ping=true',
  '--metrics.prometheus=true',
  '--global.checknewversion=false',
  '--global.sendanonymoususage=false',
];

/** Starts Traefik as a process beside the pods: it reaches their addresses, and its ports are the node's. */
export async function startTraefik(
  { programs }: ClusterSpec,
  { api, kubeconfigOf }: ControlPlane,
  components: Components,
): Promise<void> {
  await api.create('/apis/networking.k8s.io/v1/ingressclasses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: ingressClass },
    spec: { controller: 'traefik.io/ingress-controller' },
  });
  await components.start({
    name: 'traefik',
    version: versionOf('traefik'),
    command: [join(programs.traefik, 'traefik'), ...flags],
    env: { KUBECONFIG: kubeconfigOf('admin') },
    isReady: () => answers(`http://127.0.0.1:${managementPort}/ping`),
  });
}
