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

/** Makes the caches; each lists and watches once it is run. */
export function makeCaches(parts: ListWatchParts, namespace: string) {
  return {
    certificates: listWatch(parts, certificateSource),
    issuers: listWatch(parts, issuerSource),
    clusterIssuers: listWatch(parts, clusterIssuerSource),
    secrets: listWatch(parts, secretSource),
    ingresses: listWatch(parts, ingressSource(namespace)),
    ingressClasses: listWatch(parts, ingressClassSource),
    endpoints: listWatch(parts, endpointSource(namespace)),
    deployments: listWatch(parts, deploymentSource),
    statefulSets: listWatch(parts, statefulSetSource),
    daemonSets: listWatch(parts, daemonSetSource),
    pods: listWatch(parts, podSource),
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
