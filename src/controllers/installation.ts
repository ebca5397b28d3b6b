import { randomBytes } from 'node:crypto';
import { labels, managedByValue } from '../api/index.ts';
import { configMaps, createOnly, type KubeClient, type KubeObject } from '../kube/index.ts';
import { ConflictError, TransientError } from '../runtime/index.ts';

/** The ConfigMap that holds the id, in the operator's namespace. It outlives an uninstall, so that a reinstall owns what it finds. */
export const installationConfigMap = 'evercert-installation';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * The public, random id of this installation: responders prove by it that a name leads to them, and what we make outside of
 * a Certificate's namespace carries it. Made once and never changed.
 *
 * @throws TransientError where it can be neither read nor made, or is empty.
 */
export async function installationId(client: KubeClient, namespace: string, signal: AbortSignal): Promise<string> {
  const id = idOf((await read(client, namespace, signal)) ?? (await make(client, namespace, signal)));
  if (id === undefined || id === '') {
    const message = `the ConfigMap ${namespace}/${installationConfigMap} holds no id; delete it, and it is made anew`;
    throw new TransientError(message);
  }
  return id;
}

/** The id of this installation; undefined while the operator has not made it. */
export async function knownInstallationId(
  client: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return idOf(await read(client, namespace, signal));
}

function idOf(configMap: ConfigMap | undefined): string | undefined {
  return configMap?.data?.['id'];
}

async function read(client: KubeClient, namespace: string, signal: AbortSignal): Promise<ConfigMap | undefined> {
  return client.get<ConfigMap>(configMaps, { namespace, name: installationConfigMap }, signal);
}

async function make(client: KubeClient, namespace: string, signal: AbortSignal): Promise<ConfigMap | undefined> {
  const object = createOnly({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: installationConfigMap, namespace, labels: { [labels.managedBy]: managedByValue } },
    data: { id: randomBytes(16).toString('hex') },
  });
  try {
    return await client.apply<ConfigMap>(configMaps, object, { manager: 'evercert-installation', signal });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    return read(client, namespace, signal);
  }
}
