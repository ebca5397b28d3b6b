import { challengePath, reachabilityToken } from '../../../src/api/index.ts';
import { installationConfigMap } from '../../../src/controllers/installation.ts';
import {
  type Cache,
  configMaps,
  ingresses,
  type KubeClient,
  type KubeObject,
  listWatch,
} from '../../../src/kube/index.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { recordedLog } from '../../kit/log.ts';
import { untilItAnswers } from './path.ts';
import type { Surroundings } from './surroundings.ts';

const evercertNamespace = 'evercert';
const goneMs = 60_000;

interface Ingress extends KubeObject {
  readonly spec?: { readonly rules?: readonly { readonly host?: string }[] };
}

interface Row {
  readonly hosts: readonly string[];
}

/** Evercert's routes, seen from outside: its Ingress objects by a watch, and what their paths answer. */
export class Routes {
  readonly whenSynced: Promise<void>;
  readonly ended: Promise<void>;
  readonly #world: Surroundings;
  readonly #cache: Cache<Row>;
  readonly #waiting = new Map<string, { readonly routed: boolean; readonly resolve: () => void }>();

  constructor(world: Surroundings, signal: AbortSignal) {
    this.#world = world;
    const { client } = world;
    this.#cache = listWatch<Row>(
      { client, clock: systemClock, log: recordedLog() },
      {
        resource: ingresses,
        namespace: evercertNamespace,
        project: (object: Ingress) => ({ hosts: (object.spec?.rules ?? []).flatMap(({ host }) => host ?? []) }),
        indexes: { host: ({ hosts }) => hosts },
      },
    );
    this.#cache.onChange(({ before, after }) => {
      for (const host of (after ?? before)?.hosts ?? []) this.#look(host);
    });
    this.ended = this.#cache.run(signal);
    this.whenSynced = this.#cache.whenSynced(signal);
  }

  /** For each host: milliseconds from its first Ingress' being seen until the challenge path answered. */
  async follow(hosts: readonly string[], atOnce: number): Promise<number[]> {
    const expect = await installationOf(this.#world.client);
    return Promise.all(
      hosts.map(async (host) => {
        await this.#until(host, true);
        const seen = performance.now();
        const path = `${challengePath}${reachabilityToken}`;
        await untilItAnswers({ host, path, expect, address: this.#world.ingressAddress }, atOnce);
        return performance.now() - seen;
      }),
    );
  }

  /** Resolves when no Ingress names any of the hosts. Throws an Error after a minute. */
  async untilGone(hosts: readonly string[]): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('the routes of deleted Certificates are still there')), goneMs);
    try {
      await Promise.race([late, Promise.all(hosts.map((host) => this.#until(host, false)))]);
    } finally {
      clearTimeout(timer);
    }
  }

  #until(host: string, routed: boolean): Promise<void> {
    if (this.#isRouted(host) === routed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(host, { routed, resolve }));
  }

  #look(host: string): void {
    const waiting = this.#waiting.get(host);
    if (waiting === undefined || this.#isRouted(host) !== waiting.routed) return;
    this.#waiting.delete(host);
    waiting.resolve();
  }

  #isRouted(host: string): boolean {
    return this.#cache.by('host', host).length > 0;
  }
}

/** What every responder answers to the reachability token. */
async function installationOf(client: KubeClient): Promise<string> {
  interface ConfigMap extends KubeObject {
    readonly data?: { readonly id?: string };
  }
  const ref = { namespace: evercertNamespace, name: installationConfigMap };
  const id = (await client.get<ConfigMap>(configMaps, ref))?.data?.id;
  if (id === undefined) throw new Error('the operator has made no id for its installation');
  return id;
}
