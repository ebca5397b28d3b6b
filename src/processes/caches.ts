import { endpointSource } from '../controllers/certificate/index.ts';
import { certificateSource } from '../controllers/certificate-row.ts';
import { ingressSource } from '../controllers/ingress-row.ts';
import { clusterIssuerSource, issuerSource } from '../controllers/issuer-row.ts';
import {
  daemonSetSource,
  deploymentSource,
  podSource,
  secretSource,
  statefulSetSource,
} from '../controllers/reload/index.ts';
import { ingressClassSource } from '../controllers/route/index.ts';
import { type Cache, type ListWatchParts, listWatch } from '../kube/index.ts';
import type { Metrics } from '../telemetry/index.ts';

/** Events or bookmarks come at least once a minute; a cache without any for so long does not show the world any more. */
const maxSilentMs = 180_000;

/** Every cache that the controllers share, one for each kind. */
export type Caches = ReturnType<typeof makeCaches>;

type Parts = Omit<ListWatchParts, 'onEvent'> & { readonly metrics: Pick<Metrics, 'cacheEvents'> };

/** Makes the caches; each lists and watches once it is run. */
export function makeCaches({ metrics, ...parts }: Parts, namespace: string) {
  const of = (resource: string): ListWatchParts => {
    return { ...parts, onEvent: (event) => metrics.cacheEvents.inc({ resource, event }) };
  };
  return {
    certificates: listWatch(of('certificates'), certificateSource),
    issuers: listWatch(of('issuers'), issuerSource),
    clusterIssuers: listWatch(of('clusterIssuers'), clusterIssuerSource),
    secrets: listWatch(of('secrets'), secretSource),
    ingresses: listWatch(of('ingresses'), ingressSource(namespace)),
    ingressClasses: listWatch(of('ingressClasses'), ingressClassSource),
    endpoints: listWatch(of('endpoints'), endpointSource(namespace)),
    deployments: listWatch(of('deployments'), deploymentSource),
    statefulSets: listWatch(of('statefulSets'), statefulSetSource),
    daemonSets: listWatch(of('daemonSets'), daemonSetSource),
    pods: listWatch(of('pods'), podSource),
  };
}

/** A sentence for each cache that does not show the world. */
export function staleCaches(caches: Caches): string[] {
  return named(caches).flatMap(([name, cache]) => {
    if (!cache.synced) return [`${name} have not been listed yet`];
    const silentMs = cache.silentMs();
    return silentMs > maxSilentMs ? [`nothing was heard of ${name} for ${Math.round(silentMs / 1000)} s`] : [];
  });
}

/** Sets the gauges of the caches; to be called before each scrape. */
export function measureCaches(caches: Caches, metrics: Pick<Metrics, 'cacheObjects' | 'cacheSilentSeconds'>): void {
  for (const [resource, cache] of named(caches)) {
    metrics.cacheObjects.set({ resource }, cache.size);
    metrics.cacheSilentSeconds.set({ resource }, cache.silentMs() / 1000);
  }
}

/** The caches with the names they are told by. */
export function named(caches: Caches): (readonly [name: string, cache: Pick<Cache<unknown>, CacheState>])[] {
  return Object.entries(caches);
}

type CacheState = 'synced' | 'size' | 'silentMs' | 'run' | 'whenSynced';
