import { randomBytes } from 'node:crypto';
import { env } from 'node:process';
import { kubeClient } from '../../../src/kube/connect.ts';
import { HttpTransport } from '../../../src/kube/http-transport.ts';
import { createOnly, type KubeClient, type KubeObject, type Resource } from '../../../src/kube/index.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import {
  inGroup,
  type OwnKind,
  type OwnNamespace,
  probeDefinition,
  type ServerUnderTest,
} from '../../conformance/kube/server.ts';
import { type CustomResourceDefinition, namespaces } from '../../sim/api-server/index.ts';

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
export interface OwnPlace extends AsyncDisposable {
  readonly client: KubeClient;
  readonly namespace: string;
}

/** Makes a namespace that no other test uses. */
export async function ownNamespace(): Promise<OwnPlace> {
  const server = await realServer();
  const own = await server.ownNamespace();
  return {
    client: server.client,
    namespace: own.namespace,
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Makes a small kind that no other test uses. */
export async function ownKind({ client }: OwnPlace): Promise<OwnKind> {
  return makeKind(client, probeDefinition);
}

/** The real API server for the conformance suite. */
export async function realServer(): Promise<ServerUnderTest> {
  const transport = new HttpTransport({ kubeconfig: kubeconfig(), userAgent: 'evercert-test' });
  const client = kubeClient(transport);
  return {
    client,
    transport,
    ownNamespace: () => makeNamespace(client),
    ownKind: (definition) => makeKind(client, definition),
    async forgetHistory() {}, // the watch cache of a new kind has none
    async settle() {}, // its controllers work by themselves
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function makeNamespace(client: KubeClient): Promise<OwnNamespace> {
  const namespace = `test-${randomBytes(5).toString('hex')}`;
  const wanted: KubeObject = createOnly({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const made = await client.apply(namespaces, wanted, { manager: 'test' });
  return {
    namespace,
    async [Symbol.asyncDispose]() {
      await client.remove(namespaces, { name: namespace }, { uid: made.metadata.uid ?? '' });
    },
  };
}

/** Makes the kind and waits until it is served. */
async function makeKind(client: KubeClient, definition: CustomResourceDefinition): Promise<OwnKind> {
  const group = `g${randomBytes(5).toString('hex')}.example`;
  const { spec } = inGroup(definition, group);
  const { plural, kind } = spec.names;
  const [version] = spec.versions;
  const resource: Resource = {
    group,
    version: version?.name ?? '',
    plural,
    kind,
    namespaced: spec.scope === 'Namespaced',
  };
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      ...spec,
      names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: spec.versions.map((each) => ({ ...each, served: true, storage: true })),
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
