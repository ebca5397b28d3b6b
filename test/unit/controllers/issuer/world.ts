import { clusterIssuers, type IssuerSpec, type IssuerStatus, issuers, type Reason } from '../../../../src/api/index.ts';
import { issuerController } from '../../../../src/controllers/issuer/index.ts';
import { clusterIssuerSource, issuerSource, projectIssuer } from '../../../../src/controllers/issuer-row.ts';
import { type EventNote, secrets } from '../../../../src/kube/index.ts';
import { type VirtualClock, virtualClock } from '../../../kit/clock.ts';
import { FakeCa } from '../../../kit/fake-ca.ts';
import { recordedLog } from '../../../kit/log.ts';
import type { StoredObject } from '../../../kit/memory-apply.ts';
import { MemoryCluster } from '../../../kit/memory-cluster.ts';
import { until } from '../../../kit/until.ts';

type Acme = IssuerSpec['acme'];

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
    await this.#keysMade(written);
    await this.clock.advance(ms);
    stop.abort();
    await running;
    return { requests: this.ca.requests.slice(asked), writes: this.cluster.writes.slice(written) };
  }

  /** Keys are made off the event loop, which virtual time does not wait for. */
  async #keysMade(written: number): Promise<void> {
    const isTried = (): boolean => this.cluster.writes.slice(written).some((write) => write.includes('secrets'));
    await until(
      'the account key is made',
      () => isTried() || this.cluster.names(secrets).some((name) => name.endsWith('/account-key')),
    );
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
