import { readFileSync } from 'node:fs';
import { configMaps, connect, type KubeClient, type KubeObject } from '../../../src/kube/index.ts';
import { ChaosProxy, type ProxyOptions } from '../../chaos/proxy/index.ts';
import { environment } from '../../kit/inside.ts';
import { kubeconfig, ownNamespace } from '../kube/server.ts';

/** A namespace of the test's own, a client that goes straight to the API server, and one that goes through a proxy. */
export interface Proxied extends AsyncDisposable {
  readonly namespace: string;
  readonly direct: KubeClient;
  readonly client: KubeClient;
  readonly proxy: ChaosProxy;
  /** Makes a ConfigMap, or changes it, through the proxy. */
  put(name: string, value?: string): Promise<KubeObject>;
  /** The value of a ConfigMap as the API server has it; undefined where there is none. */
  value(name: string): Promise<string | undefined>;
}

interface ConfigMap extends KubeObject {
  readonly data?: { readonly value?: string };
}

/** Makes them. */
export async function proxied(options: Partial<ProxyOptions> = {}): Promise<Proxied> {
  await using stack = new AsyncDisposableStack();
  const { client: direct, namespace } = stack.use(await ownNamespace());
  const proxy = stack.use(await ChaosProxy.start({ kubeconfig: kubeconfig(), ...options }));
  const client = connect({ kubeconfig: proxy.kubeconfig, userAgent: 'evercert-test' });
  stack.defer(() => client.close());
  const rest = stack.move();
  return {
    namespace,
    direct,
    client,
    proxy,
    put: (name, value = 'one') => client.apply(configMaps, configMap(namespace, name, value), { manager: 'test' }),
    value: async (name) => (await direct.get<ConfigMap>(configMaps, { namespace, name }))?.data?.value,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** A ConfigMap with one value, and a label that tells it from those which a cluster makes. */
export function configMap(namespace: string, name: string, value: string): KubeObject & { readonly data: object } {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name, labels: { own: 'yes' } },
    data: { value },
  };
}

/** The CA of the cluster. */
export function pebble(): NonNullable<ProxyOptions['ca']> {
  return { directory: environment('ACME_DIRECTORY'), bundle: readFileSync(environment('ACME_CA_FILE'), 'utf8') };
}
