import { randomBytes } from 'node:crypto';
import { env } from 'node:process';
import { connect, createOnly, type KubeClient, type KubeObject, type Resource } from '../../../src/kube/index.ts';
import { TransientError } from '../../../src/runtime/index.ts';

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };

const crds: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** The kubeconfig of the API server that the test runs against. */
export function kubeconfig(): string {
  const path = env['KUBECONFIG'];
  if (path === undefined)
    throw new Error('KUBECONFIG is not set: run this inside `npm run cluster -- run --control-plane --`');
  return path;
}

/** A namespace of its own on the real API server, and a client. */
export interface OwnNamespace extends AsyncDisposable {
  readonly client: KubeClient;
  readonly namespace: string;
}

/** Makes a namespace that no other test uses. */
export async function ownNamespace(): Promise<OwnNamespace> {
  const client = connect({ kubeconfig: kubeconfig(), userAgent: 'evercert-test' });
  const namespace = `test-${randomBytes(5).toString('hex')}`;
  const wanted: KubeObject = createOnly({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const made = await client.apply(namespaces, wanted, { manager: 'test' });
  return {
    client,
    namespace,
    async [Symbol.asyncDispose]() {
      await client.remove(namespaces, { name: namespace }, { uid: made.metadata.uid ?? '' });
      await client.close();
    },
  };
}

/** A custom kind of its own, with `spec.value` and a status subresource with `status.value`. */
export interface OwnKind extends AsyncDisposable {
  readonly resource: Resource;
}

/** Makes a kind that no other test uses, and waits until it is served. */
export async function ownKind({ client }: OwnNamespace): Promise<OwnKind> {
  const group = `g${randomBytes(5).toString('hex')}.example`;
  const resource: Resource = { group, version: 'v1', plural: 'probes', kind: 'Probe', namespaced: true };
  const value = { type: 'object', properties: { value: { type: 'string' } } };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: value, status: value } } };
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `probes.${group}` },
    spec: {
      group,
      names: { plural: 'probes', singular: 'probe', kind: 'Probe', listKind: 'ProbeList' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }],
    },
  };
  const made = await client.apply(crds, createOnly<KubeObject>(crd), { manager: 'test' });
  const deadline = performance.now() + 10_000;
  while (!(await isServed(client, resource))) {
    if (performance.now() > deadline) throw new Error('the kind is not served after 10 s');
  }
  return {
    resource,
    async [Symbol.asyncDispose]() {
      await client.remove(crds, made.metadata, { uid: made.metadata.uid ?? '' });
    },
  };
}

async function isServed(client: KubeClient, resource: Resource): Promise<boolean> {
  try {
    await client.list(resource, {}, { limit: 1 });
    return true;
  } catch (error) {
    if (error instanceof TransientError) return false;
    throw error;
  }
}
