import { challengePath, reachabilityToken } from '../../../src/api/index.ts';
import type { Ingress } from '../../../src/controllers/ingress-row.ts';
import { installationConfigMap } from '../../../src/controllers/installation.ts';
import {
  type Cache,
  configMaps,
  ingresses,
  type KubeClient,
  type KubeObject,
  listWatch,
} from '../../../src/kube/index.ts';
import { keyAuthorization, type PendingOrder, pendingOrders } from '../../../src/responder/pending-order.ts';
import type { Clock, Log } from '../../../src/runtime/index.ts';
import type { Truth } from './truth.ts';

/** How long the ingress controller takes to see an Ingress. */
const routeMs = 100;

interface Parts {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly truth: Truth;
  /** The operator's own namespace. */
  readonly namespace: string;
  /** Where each responder stands, and how it reaches the API server. */
  readonly responders: Readonly<Record<string, KubeClient>>;
}

/** What answers over HTTP: an ingress controller that stands before every name, and the responders that its routes lead to. */
export class Web {
  readonly #parts: Parts;
  readonly #responders = new Map<string, Cache<PendingOrder>>();
  /** Since when each Ingress is live, by its uid. */
  readonly #routes = new Map<string, { readonly hosts: readonly string[]; readonly liveAtMs: number }>();
  /** Names that lead somewhere else, such as those whose DNS is not set yet. */
  readonly astray = new Set<string>();
  /** Names whose route gives the fixed token and loses every other, such as behind a cache that remembers what was missing. */
  readonly halfRouted = new Set<string>();
  #asked = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.truth.onCommit(({ plural, before, after }) => {
      if (plural === ingresses.plural) this.#changed(before, after);
    });
    for (const [address, client] of Object.entries(parts.responders)) {
      this.#responders.set(address, listWatch({ ...parts, client }, pendingOrders));
    }
  }

  /** Runs the responders until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#responders.values()].map((cache) => cache.run(signal)));
  }

  /** The body that a name, or a responder's address, gives for a path; undefined where there is none. */
  body(host: string, path: string, address?: string): string | undefined {
    if (!path.startsWith(challengePath)) return undefined;
    const responder = address === undefined ? this.#routed(host) : this.#responders.get(address);
    if (responder === undefined) return undefined;
    const token = path.slice(challengePath.length);
    if (token === reachabilityToken) return this.#installation();
    const isLost = address === undefined && this.halfRouted.has(host);
    return isLost ? undefined : keyAuthorization(responder, host, token);
  }

  #changed(before: KubeObject | undefined, after: KubeObject | undefined): void {
    if (after === undefined) {
      this.#routes.delete(before?.metadata.uid ?? '');
      return;
    }
    const { rules = [] } = (after as Ingress).spec;
    const hosts = rules.flatMap(({ host, http }) =>
      host !== undefined && http?.paths.some(({ path }) => path === challengePath) === true ? [host] : [],
    );
    this.#routes.set(after.metadata.uid ?? '', { hosts, liveAtMs: this.#parts.clock.monotonicMs() + routeMs });
  }

  /** The responders, each in turn, where a live route leads to them. */
  #routed(host: string): Cache<PendingOrder> | undefined {
    const now = this.#parts.clock.monotonicMs();
    if (this.astray.has(host)) return undefined;
    if (![...this.#routes.values()].some(({ hosts, liveAtMs }) => liveAtMs <= now && hosts.includes(host))) {
      return undefined;
    }
    this.#asked += 1;
    return [...this.#responders.values()][this.#asked % this.#responders.size];
  }

  #installation(): string | undefined {
    const ref = { namespace: this.#parts.namespace, name: installationConfigMap };
    const configMap: (KubeObject & { readonly data?: Record<string, string> }) | undefined = this.#parts.truth.get(
      configMaps,
      ref,
    );
    return configMap?.data?.['id'];
  }
}
