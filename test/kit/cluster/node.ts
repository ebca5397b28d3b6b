import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answers } from './checks.ts';
import type { Components } from './component.ts';
import { containerdSocket } from './containerd.ts';
import type { ControlPlane } from './control-plane.ts';
import { resolverOf } from './network.ts';
import { eventually } from './processes.ts';
import { versionOf } from './programs.ts';
import { type ClusterSpec, dnsAddress, type Layout, nodeAddress } from './spec.ts';

const nodeName = 'node1';
const nodeLimitMs = 60_000;

/** Starts the scheduler, the kubelet and kube-proxy; resolves when the node is Ready. containerd runs by then. */
export async function startNode(
  { programs }: ClusterSpec,
  layout: Layout,
  controlPlane: ControlPlane,
  components: Components,
): Promise<void> {
  const { api, kubeconfigOf } = controlPlane;
  const binaries = programs.kubernetes;
  const version = versionOf('kubernetes');
  const kubeletConfig = join(layout.folder, 'kubelet.json');
  const proxyConfig = join(layout.folder, 'kube-proxy.json');
  await writeFile(kubeletConfig, JSON.stringify(kubeletConfiguration(layout)));
  await writeFile(proxyConfig, JSON.stringify(proxyConfiguration(kubeconfigOf('proxy'))));
  await grantProxy(controlPlane);
  await Promise.all([
    components.start({
      name: 'kube-scheduler',
      version,
      command: [
        join(binaries, 'kube-scheduler'),
        `--kubeconfig=${kubeconfigOf('scheduler')}`,
        '--leader-elect=false',
        '--bind-address=127.0.0.1',
      ],
      isReady: () => answers('https://127.0.0.1:10259/healthz', { rejectUnauthorized: false }),
    }),
    components.start({
      name: 'kubelet',
      version,
      command: [
        join(binaries, 'kubelet'),
        `--config=${kubeletConfig}`,
        `--kubeconfig=${kubeconfigOf('node')}`,
        `--root-dir=${join(layout.folder, 'kubelet')}`,
        `--cert-dir=${join(layout.secrets, 'kubelet')}`,
        `--hostname-override=${nodeName}`,
        `--node-ip=${nodeAddress}`,
      ],
      isReady: () => answers('http://127.0.0.1:10248/healthz'),
    }),
    components.start({
      name: 'kube-proxy',
      version,
      command: [join(binaries, 'kube-proxy'), `--config=${proxyConfig}`],
      isReady: () => answers('http://127.0.0.1:10256/healthz'),
    }),
  ]);
  const isReady = async (): Promise<boolean> => hasReadyCondition(await api.find(`/api/v1/nodes/${nodeName}`));
  if (!(await eventually(isReady, { timeoutMs: nodeLimitMs, intervalMs: 50 }))) {
    throw new Error(`the node was not Ready after ${nodeLimitMs / 1000} s; kubelet.log says why`);
  }
}

function hasReadyCondition(node: unknown): boolean {
  const { status } = (node ?? {}) as { status?: { conditions?: readonly { type: string; status: string }[] } };
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}

async function grantProxy({ api }: ControlPlane): Promise<void> {
  await api.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'kube-proxy' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-proxier' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:kube-proxy' }],
  });
}

function kubeletConfiguration(layout: Layout): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${layout.cgroup}`,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${containerdSocket(layout)}`,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    resolvConf: resolverOf(layout),
    clusterDNS: [dnsAddress],
    clusterDomain: 'cluster.local',
    podLogsDir: join(layout.logs, 'pods'),
    volumePluginDir: join(layout.folder, 'volume-plugins'),
    maxOpenFiles: 20_000,
    oomScoreAdj: 0,
    // The machine's disk is not the cluster's to tidy.
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
    },
    nodeStatusReportFrequency: '1m',
    serializeImagePulls: false,
    shutdownGracePeriod: '0s',
  };
}

function proxyConfiguration(kubeconfig: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clientConnection: { kubeconfig },
    hostnameOverride: nodeName,
    clusterCIDR: '10.244.0.0/16',
    bindAddress: '0.0.0.0',
    oomScoreAdj: 0,
    // Leave the machine's connection tracking as it is.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}
