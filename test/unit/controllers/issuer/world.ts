import { clusterIssuers, type IssuerSpec, type IssuerStatus, issuers, type Reason } from '../../../../src/api/index.ts';
import { certificateSource } from '../../../../src/controllers/certificate-row.ts';
import { issuerController } from '../../../../src/controllers/issuer/index.ts';
import { clusterIssuerSource, issuerSource, projectIssuer } from '../../../../src/controllers/issuer-row.ts';
import { type EventNote, secrets } from '../../../../src/kube/index.ts';
import { type VirtualClock, virtualClock } from '../../../kit/clock.ts';
import { FakeCa } from '../../../kit/fake-ca.ts';
import { recordedLog } from '../../../kit/log.ts';
import type { StoredObject } from '../../../kit/memory-apply.ts';
import { MemoryCluster } from '../../../kit/memory-cluster.ts';

type Acme = IssuerSpec['acme'];

/** The Secret of the Issuer's account key. */
export const keyRef = { namespace: 'team', name: 'account-key' };

/** The issuer controller with a cluster and a CA in memory, on virtual time. */
export class IssuerWorld {
  readonly cluster = new MemoryCluster();
  readonly ca = new FakeCa();
  readonly clock: VirtualClock = virtualClock();
  readonly log = recordedLog();
  readonly events: EventNote<Reason>[] = [];

  /** Applies the Issuer `team/main`. */
  putIssuer(change: Partial<Acme> = {}): void {
    this.cluster.put(issuers, issuerObject('Issuer', { name: 'main', namespace: 'team' }, change));
  }

  /** Annotates the Issuer `team/main` as a user does; without a value the annotation goes. */
  annotate(name: string, value?: string): void {
    const issuer = this.cluster.peek(issuers, { name: 'main', namespace: 'team' });
    if (issuer === undefined) throw new Error('there is no such issuer');
    const { [name]: _, ...annotations } = issuer.metadata.annotations ?? {};
    const set = value === undefined ? annotations : { ...annotations, [name]: value };
    this.cluster.put(issuers, { ...issuer, metadata: { ...issuer.metadata, annotations: set } });
  }

  /** The annotations of the Issuer `team/main`. */
  annotations(): Readonly<Record<string, string>> {
    return this.cluster.peek(issuers, { name: 'main', namespace: 'team' })?.metadata.annotations ?? {};
  }

  /** What the Secret of the account key holds, as text. */
  key(entry = 'tls.key'): string {
    const data = this.cluster.peek(secrets, keyRef)?.data as Record<string, string> | undefined;
    return Buffer.from(data?.[entry] ?? '', 'base64').toString('utf8');
  }

  /** Applies the ClusterIssuer `main`. */
  putClusterIssuer(change: Partial<Acme> = {}): void {
    this.cluster.put(clusterIssuers, issuerObject('ClusterIssuer', { name: 'main' }, change));
  }

  /** Runs a controller of a new process for `ms`, and stops it; gives what it asked of the CA and wrote. */
  async run(ms = 1_000): Promise<{ requests: string[]; writes: string[] }> {
    const asked = this.ca.requests.length;
    const written = this.cluster.writes.length;
    const stop = new AbortController();
    const caches = {
      issuers: this.cluster.cache(issuerSource),
      clusterIssuers: this.cluster.cache(clusterIssuerSource),
      certificates: this.cluster.cache(certificateSource),
    };
    const controller = issuerController({
      client: this.cluster.client,
      clock: this.clock,
      log: this.log,
      events: { publish: (note) => this.events.push(note) },
      acme: this.ca.clientOf,
      caches,
      namespace: 'evercert',
      random: () => 0,
    });
    for (const cache of Object.values(caches)) cache.replay();
    const running = controller.run(stop.signal);
    await this.clock.advance(ms);
    stop.abort();
    await running;
    return { requests: this.ca.requests.slice(asked), writes: this.cluster.writes.slice(written) };
  }

  /** The condition of the Issuer `team/main` as `status reason: message`. */
  condition(type = 'Ready'): string {
    const { conditions = [] } = this.status();
    const found = conditions.find((one) => one.type === type);
    return found === undefined ? 'absent' : `${found.status} ${found.reason}: ${found.message}`;
  }

  /** The status of the Issuer `team/main`. */
  status(): IssuerStatus {
    const issuer = this.cluster.peek(issuers, { name: 'main', namespace: 'team' });
    return issuer === undefined ? {} : projectIssuer(issuer).status;
  }
}

/** What an issuer's `spec.acme` is unless told. */
export const acmeSpec: Acme = {
  server: 'https://ca.test/directory',
  email: 'admin@example.com',
  privateKeySecretRef: { name: 'account-key' },
};

function issuerObject(kind: string, metadata: StoredObject['metadata'], change: Partial<Acme>): StoredObject {
  return { apiVersion: 'evercert.dev/v1', kind, metadata, spec: { acme: { ...acmeSpec, ...change } } };
}

/** A world whose issuer has its account. */
export async function issuerWithAccount(): Promise<
  IssuerWorld & { readonly uri: string; readonly thumbprint: string }
> {
  const world = new IssuerWorld();
  world.putIssuer();
  await world.run();
  const { uri = '', keyThumbprint: thumbprint = '' } = world.status().acme ?? {};
  return Object.assign(world, { uri, thumbprint });
}

/** How many of the requests are such. */
export function countOf(requests: readonly string[], request: string): number {
  return requests.filter((one) => one === request).length;
}
