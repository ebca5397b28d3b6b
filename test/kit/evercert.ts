import { randomUUID } from 'node:crypto';
import { endpointSlices, type KubeClient, type KubeObject, services } from '../../src/kube/index.ts';
import { runOperator, runResponder, type Surroundings } from '../../src/processes/index.ts';
import { createLogger, createMetrics, type Logger } from '../../src/telemetry/index.ts';
import { freePort } from './free-port.ts';

const manager = 'test';

/** Evercert as its own processes run it, in this process: one operator and two responders behind a Service. */
export interface RunningEvercert extends AsyncDisposable {
  readonly namespace: string;
  /** Requests that the operator made to CAs: all, or those to one resource. */
  acmeRequests(resource?: string): Promise<number>;
  /** Ends the operator as SIGTERM would and starts another. */
  restartOperator(): Promise<void>;
}

interface Parts {
  readonly client: KubeClient;
  readonly kubeconfig: string;
  /** Where the responders can be reached from a router: an address of this machine that an EndpointSlice may name. */
  readonly address: string;
}

/** Starts it, with the objects that its chart would make; `await using` takes it down again. */
export async function startEvercert(parts: Parts): Promise<RunningEvercert> {
  const namespace = `evercert-${randomUUID().slice(0, 8)}`;
  await apply(parts.client, namespaceOf(namespace));
  const responders = await startResponders(parts, namespace);
  let operator = await startOperator(parts, namespace);
  return {
    namespace,
    acmeRequests: (resource) => operator.acmeRequests(resource),
    async restartOperator() {
      await operator.end();
      operator = await startOperator(parts, namespace);
    },
    async [Symbol.asyncDispose]() {
      await operator.end();
      await responders[Symbol.asyncDispose]();
    },
  };
}

/** Two responders. */
export interface RunningResponders extends AsyncDisposable {
  readonly ports: readonly number[];
}

/** Starts two responders in a namespace that exists, behind their Service. */
export async function startResponders(parts: Parts, namespace: string): Promise<RunningResponders> {
  const ending = new AbortController();
  const ports = [await freePort(), await freePort()];
  const ended = ports.map(async (port) =>
    runResponder(
      {
        port,
        namespace,
        drainSeconds: 0,
        telemetryPort: 0,
        httpsProxy: undefined,
        noProxy: undefined,
        kubeconfig: parts.kubeconfig,
        logLevel: 'warn',
      },
      surroundings(),
      ending.signal,
    ),
  );
  await routeTo(parts, namespace, ports);
  return {
    ports,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await Promise.all(ended);
    },
  };
}

async function startOperator({ kubeconfig }: Parts, namespace: string) {
  const ending = new AbortController();
  const own = surroundings();
  const config = {
    namespace,
    identity: randomUUID(),
    podUID: undefined,
    letsEncrypt: false,
    letsEncryptEmail: undefined,
    letsEncryptIngressClass: undefined,
    responderService: 'evercert-responder',
    responderPort: 80,
    lease: 'evercert-operator',
    leaderElection: true,
    telemetryPort: 0,
    kubeconfig,
    httpsProxy: undefined,
    noProxy: undefined,
    logLevel: 'warn',
  } as const;
  const ended = runOperator(config, own, ending.signal);
  return {
    async acmeRequests(resource = ''): Promise<number> {
      const { text } = await own.metrics.exposition();
      const lines = text
        .split('\n')
        .filter((line) => line.startsWith(`evercert_acme_requests_total{resource="${resource}`));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    },
    async end(): Promise<void> {
      ending.abort();
      await ended;
    },
  };
}

function surroundings(): Surroundings {
  const log: Logger = createLogger({ level: 'warn', output: process.stderr });
  return { log, metrics: createMetrics({ node: false }), version: '0.0.0-test' };
}

/** The Service of the responders, and its endpoints: there is no node that would make them. */
async function routeTo({ client, address }: Parts, namespace: string, ports: readonly number[]): Promise<void> {
  const name = 'evercert-responder';
  await apply(client, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  });
  for (const port of ports) {
    await apply(client, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-${port}`, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port, protocol: 'TCP' }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    });
  }
}

const resources = {
  Namespace: { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false },
  Service: services,
  EndpointSlice: endpointSlices,
} as const;

async function apply(client: KubeClient, object: KubeObject & Readonly<Record<string, unknown>>): Promise<void> {
  const resource = resources[object.kind as keyof typeof resources];
  await client.apply(resource, object, { manager, force: true });
}

function namespaceOf(name: string): Parameters<typeof apply>[1] {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}
