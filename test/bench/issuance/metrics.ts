import { type KubeClient, type KubeObject, pods } from '../../../src/kube/index.ts';
import { sumOf } from '../exposition.ts';

const evercertNamespace = 'evercert';
const telemetryPort = 9402;

interface Pod extends KubeObject {
  readonly status?: { readonly podIP?: string; readonly phase?: string };
}

/**
 * How many requests for one resource of CAs all replicas of the operator have made, or for any, from their own metrics.
 *
 * @throws Error when a replica does not answer.
 */
export async function operatorAcmeRequests(client: KubeClient, resource?: string): Promise<number> {
  const selection = { namespace: evercertNamespace, labelSelector: 'app.kubernetes.io/component=operator' };
  const { items } = await client.list(pods, selection, { limit: 100 });
  const addresses = [...items].flatMap((pod: Pod) => pod.status?.podIP ?? []);
  if (addresses.length === 0) throw new Error(`no operator runs in the namespace ${evercertNamespace}`);
  const counts = await Promise.all(
    addresses.map((address) => scrape(`http://${address}:${telemetryPort}/metrics`, resource)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function scrape(url: string, resource: string | undefined): Promise<number> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return sumOf('evercert_acme_requests_total', await response.text(), resource === undefined ? {} : { resource });
}
