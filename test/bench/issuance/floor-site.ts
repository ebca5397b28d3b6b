import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { challengePath } from '../../../src/api/index.ts';
import { endpointSlices, ingresses, type KubeClient, type KubeObject, services } from '../../../src/kube/index.ts';
import { manager, namespace, type Surroundings } from './surroundings.ts';

const name = 'floor';
/** Answers on every route from the start, so that it can be seen to be live. */
export const liveToken = 'floor-is-live';

/** The floor's challenge server and the routes to it. */
export interface FloorSite extends AsyncDisposable {
  /** Answers a token with its key authorization from now on. */
  present(token: string, keyAuthorization: string): void;
  /** Leads the challenge path of hosts to this server by one Ingress; gives a function that takes the route away. */
  route(...hosts: readonly string[]): Promise<() => Promise<void>>;
}

/** Starts the server in this process and makes a Service for it, with the node's address as its endpoint. */
export async function startFloorSite(
  client: KubeClient,
  { ingressAddress, ingressClass }: Surroundings,
): Promise<FloorSite> {
  const answers = new Map([[liveToken, liveToken]]);
  const server = createServer((request, response) => {
    const answer = answers.get((request.url ?? '').slice(challengePath.length));
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(answer);
  });
  await new Promise<void>((listening) => {
    server.listen(0, listening);
  });
  const { port } = server.address() as AddressInfo;
  await client.apply(services, service(port), { manager, force: true });
  await client.apply(endpointSlices, endpointSlice(ingressAddress, port), { manager, force: true });
  return {
    present: (token, keyAuthorization) => answers.set(token, keyAuthorization),
    async route(...hosts) {
      const made = await client.apply(ingresses, ingress(hosts, ingressClass), { manager, force: true });
      const { name: of, uid = '' } = made.metadata;
      return () => client.remove(ingresses, { namespace, name: of }, { uid });
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

type Object = KubeObject & Readonly<Record<string, unknown>>;

function service(port: number): Object {
  const ports = [{ name: 'http', port: 80, targetPort: port }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { ports } };
}

function endpointSlice(address: string, port: number): Object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port, protocol: 'TCP' }],
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  };
}

function ingress(hosts: readonly string[], ingressClassName: string): Object {
  const backend = { service: { name, port: { name: 'http' } } };
  const http = { paths: [{ path: challengePath, pathType: 'Prefix', backend }] };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: hosts[0] ?? '', namespace },
    spec: { ingressClassName, rules: hosts.map((host) => ({ host, http })) },
  };
}
