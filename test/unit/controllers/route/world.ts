import { certificates, type IssuerSpec, issuers } from '../../../../src/api/index.ts';
import { certificateSource } from '../../../../src/controllers/certificate-row.ts';
import { ingressSource } from '../../../../src/controllers/ingress-row.ts';
import { clusterIssuerSource, issuerSource } from '../../../../src/controllers/issuer-row.ts';
import { ingressClassSource, routeController } from '../../../../src/controllers/route/index.ts';
import { ingressClasses, ingresses, type KubeObject } from '../../../../src/kube/index.ts';
import { type VirtualClock, virtualClock } from '../../../kit/clock.ts';
import { recordedLog } from '../../../kit/log.ts';
import type { StoredObject } from '../../../kit/memory-apply.ts';
import { MemoryCluster } from '../../../kit/memory-cluster.ts';

type Solvers = NonNullable<IssuerSpec['acme']['solvers']>;

/** The route controller with a cluster in memory, on virtual time. Its Ingresses stand in `evercert`. */
export class RouteWorld {
  readonly cluster = new MemoryCluster();
  readonly clock: VirtualClock = virtualClock();
  readonly log = recordedLog();
  installation = 'installation-1';

  /** A class of Traefik's, the default one. */
  putClass(name = 'traefik', controller = 'traefik.io/ingress-controller', isDefault = true): void {
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': String(isDefault) };
    const metadata = { name, annotations };
    this.cluster.put(ingressClasses, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata,
      spec: { controller },
    });
  }

  /** The Issuer `team/main`, ready unless told. */
  putIssuer({ ready = true, solvers }: { ready?: boolean; solvers?: Solvers } = {}): void {
    const condition = {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      reason: ready ? 'AccountReady' : 'DirectoryUnavailable',
      message: '',
      lastTransitionTime: '2026-06-01T00:00:00Z',
    };
    this.cluster.put(issuers, {
      apiVersion: 'evercert.dev/v1',
      kind: 'Issuer',
      metadata: { namespace: 'team', name: 'main' },
      spec: {
        acme: {
          server: 'https://ca.test/directory',
          privateKeySecretRef: { name: 'key' },
          ...(solvers === undefined ? {} : { solvers }),
        },
      },
      status: { conditions: [condition] },
    });
  }

  /** The Certificate `team/web`, unless told, for these names. */
  putCertificate(
    dnsNames: readonly string[],
    { name = 'web', ...more }: { name?: string; ipAddresses?: readonly string[] } = {},
  ): StoredObject {
    return this.cluster.put(certificates, {
      apiVersion: 'evercert.dev/v1',
      kind: 'Certificate',
      metadata: { namespace: 'team', name, labels: { tier: 'front' } },
      spec: { secretName: `${name}-tls`, issuerRef: { name: 'main' }, dnsNames, ...more },
    });
  }

  deleteCertificate(): void {
    this.cluster.delete(certificates, { namespace: 'team', name: 'web' });
  }

  /** Runs a controller of a new process for `ms`, does `meanwhile`, runs it on and stops it; gives what was written. */
  async run(ms = 1_000, meanwhile: () => void = () => {}): Promise<readonly string[]> {
    const { cluster, clock, log, installation } = this;
    const written = cluster.writes.length;
    const stop = new AbortController();
    const caches = {
      certificates: cluster.cache(certificateSource),
      issuers: cluster.cache(issuerSource),
      clusterIssuers: cluster.cache(clusterIssuerSource),
      ingresses: cluster.cache(ingressSource('evercert')),
      ingressClasses: cluster.cache(ingressClassSource),
    };
    const target = { namespace: 'evercert', responderService: 'evercert-responder', responderPort: 80, installation };
    const controller = routeController({ client: cluster.client, clock, log, caches, random: () => 0, ...target });
    for (const cache of Object.values(caches)) cache.replay();
    const running = controller.run(stop.signal);
    await clock.advance(ms);
    meanwhile();
    await clock.advance(ms);
    stop.abort();
    await running;
    return cluster.writes.slice(written);
  }

  /** The Ingresses there are, by name. */
  routes(): string[] {
    return this.cluster.names(ingresses).map((key) => key.replace('evercert/', ''));
  }

  route(name: string): (KubeObject & { readonly spec?: unknown }) | undefined {
    return this.cluster.peek(ingresses, { namespace: 'evercert', name });
  }
}
