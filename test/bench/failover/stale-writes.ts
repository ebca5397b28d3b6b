import { configMaps, type KubeClient } from '../../../src/kube/index.ts';
import type { Call, Carry, Reply } from '../../chaos/proxy/index.ts';

/**
 * Counts the writes that change something, of a client that should change nothing any more. Events and the Lease are no
 * writes in this sense, and an apply that the API server takes, but that changes nothing, does not count.
 */
export class StaleWrites {
  readonly #client: KubeClient;
  readonly #changes: string[] = [];

  /** @param client one that goes round the proxy. */
  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** What was changed, a line for each. */
  get changes(): readonly string[] {
    return this.#changes;
  }

  /** Sends a write on, and counts it when an object moved because of it. */
  readonly carry: Carry = async ({ call, send }) => {
    const before = await this.#newestVersion();
    const reply = await send();
    if (changed(call, reply, before)) this.#changes.push(`${call.verb} ${call.path} was answered ${reply.code}`);
    return reply;
  };

  /** The API server's newest version of anything, which every list tells. */
  async #newestVersion(): Promise<bigint> {
    const { resourceVersion } = await this.#client.list(configMaps, { namespace: 'default' }, { limit: 1 });
    return BigInt(resourceVersion);
  }
}

function changed(call: Call, { code, body }: Reply, before: bigint): boolean {
  if (code >= 300) return false;
  if (call.verb === 'delete' || !(body instanceof Buffer)) return true;
  const { metadata } = JSON.parse(body.toString('utf8')) as { metadata?: { resourceVersion?: string } };
  return BigInt(metadata?.resourceVersion ?? before + 1n) > before;
}
