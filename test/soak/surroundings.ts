import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apply, kubectl } from '../kit/inside.ts';
import { namespace } from './sources.ts';

/** Makes the namespace and our kinds, and waits until they are of use. */
export async function prepareCluster(): Promise<void> {
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await kubectl('apply', '-f', 'crds/');
  await kubectl('wait', '--for=condition=Established', '--timeout=30s', '-f', 'crds/');
  // Pods are refused without it.
  await kubectl('wait', '--for=create', '--timeout=30s', '--namespace', namespace, 'serviceaccount/default');
}

/** A kubeconfig that leads to the API server of another one, and gives no rights. Gives its path. */
export async function rightlessKubeconfig(folder: string): Promise<string> {
  const path = join(folder, 'kubeconfig');
  const view = JSON.parse(await kubectl('config', 'view', '--raw', '--output=json')) as { users: object[] };
  await writeFile(path, JSON.stringify({ ...view, users: view.users.map((user) => ({ ...user, user: {} })) }));
  return path;
}
