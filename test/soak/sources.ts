import { endpointSource } from '../../src/controllers/certificate/index.ts';
import { certificateSource } from '../../src/controllers/certificate-row.ts';
import { ingressSource } from '../../src/controllers/ingress-row.ts';
import { clusterIssuerSource, issuerSource } from '../../src/controllers/issuer-row.ts';
import {
  daemonSetSource,
  deploymentSource,
  podSource,
  secretSource,
  statefulSetSource,
} from '../../src/controllers/reload/index.ts';
import { ingressClassSource } from '../../src/controllers/route/index.ts';
import { configMaps, type KubeObject, type Source, secrets } from '../../src/kube/index.ts';
import type { Caches } from '../../src/processes/caches.ts';
import { pendingOrders } from '../../src/responder/index.ts';

/** A row as a cache of the program keeps it, with the version of the object that it was made of. */
export interface Versioned {
  readonly resourceVersion: string;
  readonly row: unknown;
}

/** The namespace that the writer writes to, and that the operator would live in. */
export const namespace = 'soak';

/** Everything that the subject keeps up to date: each cache of the operator and of the responder, and two larger ones. */
export const sources: Readonly<Record<string, Source<Versioned>>> = {
  ...ofOperator(),
  pendingOrders: versioned(pendingOrders),
  configMaps: versioned({ resource: configMaps, namespace, project: whole }),
  allSecrets: versioned({ resource: secrets, namespace, metadataOnly: true, project: whole }),
};

/** The compiler asks for a line when the operator gets another cache. */
function ofOperator(): Readonly<Record<keyof Caches, Source<Versioned>>> {
  return {
    certificates: versioned(certificateSource),
    issuers: versioned(issuerSource),
    clusterIssuers: versioned(clusterIssuerSource),
    secrets: versioned(secretSource),
    ingresses: versioned(ingressSource(namespace)),
    ingressClasses: versioned(ingressClassSource),
    endpoints: versioned(endpointSource(namespace)),
    deployments: versioned(deploymentSource),
    statefulSets: versioned(statefulSetSource),
    daemonSets: versioned(daemonSetSource),
    pods: versioned(podSource),
  };
}

function versioned<Row>(source: Source<Row>): Source<Versioned> {
  const indexes = Object.entries(source.indexes ?? {}).map(
    ([name, valuesOf]) => [name, ({ row }: Versioned) => valuesOf(row as Row)] as const,
  );
  return {
    ...source,
    project: (object) => ({ resourceVersion: object.metadata.resourceVersion ?? '', row: source.project(object) }),
    indexes: Object.fromEntries(indexes),
  };
}

function whole(object: KubeObject): unknown {
  return object;
}
