import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiServer, apiServerURL } from './api-server.ts';
import { answers } from './checks.ts';
import type { Components } from './component.ts';
import { eventually } from './processes.ts';
import { versionOf } from './programs.ts';
import { type ClusterSpec, type Layout, nodeAddress } from './spec.ts';

/** Who talks to kube-apiserver with a token of a file; the names and groups are those of kubeadm's certificates. */
const users = {
  admin: { name: 'admin', groups: 'system:masters' },
  // As system:kube-controller-manager it would need a ServiceAccount for each controller, which takes seconds.
  controllers: { name: 'controllers', groups: 'system:masters' },
  scheduler: { name: 'system:kube-scheduler', groups: '' },
  node: { name: 'system:node:node1', groups: 'system:nodes' },
  proxy: { name: 'system:kube-proxy', groups: '' },
} as const;

export type User = keyof typeof users;

/** Those without which objects do not behave: owners, namespaces, ServiceAccounts, and workloads that get their pods. */
const controllersWithoutNode = [
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
];
const controllersWithNode = ['*', 'bootstrap-signer-controller', 'token-cleaner-controller'];

/** Writes are counted from this log, and who made them; reads would only make it long. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'None', verbs: ['get', 'list', 'watch'] }, { level: 'Metadata' }],
};

export interface ControlPlane {
  readonly api: ApiServer;
  /** The path of a user's kubeconfig. */
  readonly kubeconfigOf: (user: User) => string;
}

/** Resolves when the API is served and the ServiceAccount `default` exists, without which pods are refused. */
export async function startControlPlane(
  { programs, parts }: ClusterSpec,
  layout: Layout,
  components: Components,
): Promise<ControlPlane> {
  const binaries = programs.kubernetes;
  const version = versionOf('kubernetes');
  const tokens = await writeTokens(layout);
  await writeServiceAccountKey(layout);
  await writeFile(auditPolicyOf(layout), JSON.stringify(auditPolicy));
  const etcd = components.start({
    name: 'etcd',
    version: versionOf('etcd'),
    command: [join(programs.etcd, 'etcd'), ...etcdFlags(layout)],
    isReady: () => answers(`${etcdURL}/health`),
  });
  const apiServer = components.start({
    name: 'kube-apiserver',
    version,
    command: [join(binaries, 'kube-apiserver'), ...apiServerFlags(layout)],
    isReady: async () =>
      existsSync(layout.apiServerCA) &&
      (await answers(`${apiServerURL}/readyz`, {
        ca: readFileSync(layout.apiServerCA),
        headers: { authorization: `Bearer ${tokens.admin}` },
      })),
  });
  await Promise.all([etcd, apiServer]);
  const kubeconfigOf = await writeKubeconfigs(layout, tokens);
  const controllers = parts.node ? controllersWithNode : controllersWithoutNode;
  await components.start({
    name: 'kube-controller-manager',
    version,
    command: [join(binaries, 'kube-controller-manager'), ...controllerFlags(layout, kubeconfigOf, controllers)],
    isReady: () => answers('https://127.0.0.1:10257/healthz', { rejectUnauthorized: false }),
  });
  const api = new ApiServer(layout, tokens.admin);
  const hasServiceAccount = async (): Promise<boolean> =>
    (await api.find('/api/v1/namespaces/default/serviceaccounts/default')) !== undefined;
  if (!(await eventually(hasServiceAccount, { timeoutMs: 30_000 }))) {
    throw new Error('kube-controller-manager did not make the ServiceAccount default within 30 s');
  }
  return { api, kubeconfigOf };
}

/** Where etcd answers inside the cluster, over HTTP. */
export const etcdURL = 'http://127.0.0.1:2379';

function etcdFlags({ folder }: Layout): readonly string[] {
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${etcdURL}`,
    `--advertise-client-urls=${etcdURL}`,
    '--listen-peer-urls=http://127.0.0.1:0',
    '--unsafe-no-fsync', // what it holds ends with the cluster
    '--log-level=warn',
  ];
}

function apiServerFlags(layout: Layout): readonly string[] {
  const key = serviceAccountKeyOf(layout);
  return [
    `--etcd-servers=${etcdURL}`,
    `--cert-dir=${layout.secrets}`, // where it puts a pair that it signs itself
    '--secure-port=6443',
    '--bind-address=0.0.0.0',
    `--advertise-address=${nodeAddress}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--token-auth-file=${tokensOf(layout)}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged',
    '--profiling=false',
    '--kubelet-preferred-address-types=InternalIP', // else `kubectl exec` resolves the node's name
    `--audit-policy-file=${auditPolicyOf(layout)}`,
    `--audit-log-path=${layout.auditLog}`,
  ];
}

function controllerFlags(
  layout: Layout,
  kubeconfigOf: ControlPlane['kubeconfigOf'],
  controllers: readonly string[],
): readonly string[] {
  return [
    `--kubeconfig=${kubeconfigOf('controllers')}`,
    `--service-account-private-key-file=${serviceAccountKeyOf(layout)}`,
    `--root-ca-file=${layout.apiServerCA}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--controllers=${controllers.join(',')}`,
  ];
}

async function writeTokens(layout: Layout): Promise<Readonly<Record<User, string>>> {
  const tokens = {
    admin: randomUUID(),
    controllers: randomUUID(),
    scheduler: randomUUID(),
    node: randomUUID(),
    proxy: randomUUID(),
  };
  const lines = Object.entries(users).map(([user, { name, groups }], index) => {
    return `${tokens[user as User]},${name},${index + 1},"${groups}"\n`;
  });
  await writeFile(tokensOf(layout), lines.join(''), { mode: 0o600 });
  return tokens;
}

async function writeServiceAccountKey(layout: Layout): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(serviceAccountKeyOf(layout), privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
}

async function writeKubeconfigs(
  layout: Layout,
  tokens: Readonly<Record<User, string>>,
): Promise<ControlPlane['kubeconfigOf']> {
  const authority = readFileSync(layout.apiServerCA).toString('base64');
  const pathOf = (user: User): string =>
    user === 'admin' ? layout.kubeconfig : join(layout.secrets, `${user}.kubeconfig`);
  for (const [user, token] of Object.entries(tokens)) {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'evercert', cluster: { server: apiServerURL, 'certificate-authority-data': authority } }],
      users: [{ name: user, user: { token } }],
      contexts: [{ name: 'evercert', context: { cluster: 'evercert', user } }],
      'current-context': 'evercert',
    };
    await writeFile(pathOf(user as User), JSON.stringify(config, null, 2), { mode: 0o600 });
  }
  return pathOf;
}

function serviceAccountKeyOf({ secrets }: Layout): string {
  return join(secrets, 'service-account.key');
}

function tokensOf({ secrets }: Layout): string {
  return join(secrets, 'tokens.csv');
}

function auditPolicyOf({ secrets }: Layout): string {
  return join(secrets, 'audit-policy.json');
}
