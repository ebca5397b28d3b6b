import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { configMaps, type KubeObject, leases } from '../../../src/kube/index.ts';
import { freePort } from '../../kit/free-port.ts';
import type { Subject } from '../benchmark.ts';
import { valueOf } from '../exposition.ts';
import { type Follower, followed, plurals } from './follower.ts';
import { type Ground, namespace } from './ground.ts';
import { MeasuredProcess } from './process.ts';

const lease = 'evercert-operator';
/** How long the operator leads, over a fleet at rest, while its writes are counted. */
const leadMs = 15_000;

/** What the chart gives to Node, whose heap may take 70 % of the container's 768 MiB. */
const nodeOptions = '--max-old-space-size=537 --max-semi-space-size=4';

/**
 * The operator as the image runs it: the bundle, with all its caches and controllers. While its caches are measured it is a
 * standby, since another holds the Lease; then it leads.
 */
export function evercert(ground: Ground): Subject {
  return {
    name: 'evercert',
    prepare: followed(ground, () => operator(ground)),
    async [Symbol.asyncDispose]() {},
  };
}

async function operator(ground: Ground): Promise<Follower & AsyncDisposable> {
  const { client, audit, relay, kubeconfig, folder, programs } = ground;
  await holdLease(ground, 'bench');
  const port = await freePort();
  const flags = ['--namespace', namespace, '--identity', 'measured', '--lease', lease, '--kubeconfig', kubeconfig];
  const connected = relay.nextConnection();
  const process = new MeasuredProcess({
    command: ['--enable-source-maps', programs.evercert, 'operator', ...flags, '--telemetry-port', String(port)],
    log: join(folder, 'evercert.log'),
    probe: programs.probe,
    nodeOptions,
  });
  void connected.then(() => process.forgetStalls()); // loading a program is no stall
  const scrape = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const count = (text: string, resource: string, event: string): number =>
    valueOf(text, 'evercert_cache_events_total', { resource, event });
  return {
    process,
    async isSynced() {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      return answer?.status === 200;
    },
    async changes() {
      const text = await scrape();
      return plurals.reduce((sum, resource) => sum + count(text, resource, 'modified'), 0);
    },
    async lists() {
      const text = await scrape();
      return Math.min(...plurals.map((resource) => count(text, resource, 'listed')));
    },
    async idleWrites() {
      const installation = await client.get<ConfigMap>(configMaps, { namespace, name: 'evercert-installation' });
      ground.presents(Object.values(installation?.data ?? {})[0] ?? '');
      const mark = await audit.mark();
      await holdLease(ground, '');
      await pause(leadMs);
      const writes = await audit.writesSince(mark);
      return writes.filter(({ userAgent, resource }) => userAgent.startsWith('evercert/') && resource !== 'leases')
        .length;
    },
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Writes down a holder of the Lease, for an hour; '' frees it. */
async function holdLease({ client }: Ground, holder: string): Promise<void> {
  const spec = { holderIdentity: holder, leaseDurationSeconds: 3_600, renewTime: microTime(new Date()) };
  const metadata = { namespace, name: lease };
  const found = await client.get<KubeObject>(leases, metadata);
  const object = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: found?.metadata ?? metadata, spec };
  await (found === undefined ? client.create(leases, object) : client.replace(leases, object));
}

function microTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}
