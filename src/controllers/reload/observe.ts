import { type Cache, keyOf } from '../../kube/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { OwnWrites } from '../own-writes.ts';
import { digestOf } from './digest.ts';
import { type ConsumedSecret, type Observed, type Probed, probeKey, type Target } from './observed.ts';
import type { PodRow, SecretRow, WorkloadKind, WorkloadRow } from './rows.ts';
import type { ServedLeaves } from './served-leaves.ts';
import { type Consumers, isSettled } from './status.ts';

/** The caches that the reload controller reads. */
export interface Caches {
  readonly certificates: Cache<CertificateRow>;
  readonly secrets: Cache<SecretRow>;
  readonly deployments: Cache<WorkloadRow>;
  readonly statefulSets: Cache<WorkloadRow>;
  readonly daemonSets: Cache<WorkloadRow>;
  readonly pods: Cache<PodRow>;
}

/** What this process wrote and the caches may not show yet. */
export interface OwnRows {
  readonly certificates: OwnWrites<CertificateRow>;
  readonly workloads: Readonly<Record<WorkloadKind, OwnWrites<WorkloadRow>>>;
}

/**
 * Reads the caches and what the pods were last seen to serve. Asks the API server alone for what we wrote and the cache has
 * not shown for long; writes nothing.
 */
export class Observer {
  readonly #caches: Caches;
  readonly #own: OwnRows;
  readonly #leaves: ServedLeaves;

  constructor(caches: Caches, own: OwnRows, leaves: ServedLeaves) {
    this.#caches = caches;
    this.#own = own;
    this.#leaves = leaves;
  }

  /** The workload of this key, if it is there and consumes a Secret of ours that holds a certificate. */
  async workload(key: string, signal: AbortSignal): Promise<Observed | undefined> {
    const { own, name } = this.#named(key);
    const row = await own?.current(name, signal);
    const seen = row === undefined ? undefined : this.#observed(row);
    return seen === undefined || seen.secrets.length === 0 ? undefined : seen;
  }

  /** The Certificate of this key with all who consume its Secret. */
  async consumers(key: string, signal: AbortSignal): Promise<Consumers | undefined> {
    const certificate = await this.#own.certificates.current(key, signal);
    if (certificate === undefined) return undefined;
    const { secretKey } = certificate;
    const secret = this.#caches.secrets.get(secretKey);
    const fingerprint = secret?.certificateUID === certificate.uid ? secret.leaf?.fingerprint : undefined;
    const workloads = this.workloadsOf(secretKey).filter(({ deleting }) => !deleting);
    return { certificate, fingerprint, workloads: workloads.map((row) => this.#observed(row)) };
  }

  /** The workloads that consume the Secret of this key, sorted by their own. */
  workloadsOf(secretKey: string): WorkloadRow[] {
    const { deployments, statefulSets, daemonSets } = this.#caches;
    return [deployments, statefulSets, daemonSets]
      .flatMap((cache) => cache.by('secret', secretKey))
      .flatMap((row) => this.#own.workloads[row.kind].get(keyOf(row)) ?? [])
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** The Certificate whose uid the Secret carries. */
  certificateOf(secret: SecretRow): CertificateRow | undefined {
    const row = this.#caches.certificates.by('secret', secret.key).find(({ uid }) => uid === secret.certificateUID);
    return row === undefined ? undefined : this.#own.certificates.get(row.key);
  }

  /** The row of the workload of this key. */
  row(key: string): WorkloadRow | undefined {
    const { own, name } = this.#named(key);
    return own?.get(name);
  }

  #named(key: string): { readonly own: OwnWrites<WorkloadRow> | undefined; readonly name: string } {
    const slash = key.indexOf('/');
    const byKind: Readonly<Record<string, OwnWrites<WorkloadRow>>> = this.#own.workloads;
    return { own: byKind[key.slice(0, slash)], name: key.slice(slash + 1) };
  }

  #observed(workload: WorkloadRow): Observed {
    const consumed = workload.secretNames.flatMap((name) => this.#secret(workload.namespace, name) ?? []);
    const all = this.#caches.pods.by('workload', workload.key);
    const serving = all.filter((pod) => pod.serving).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return {
      workload,
      secrets: consumed,
      pods: serving,
      youngestPodAt: new Date(Math.max(0, ...all.map(({ createdAt }) => createdAt.getTime()))),
      digest: digestOf(consumed),
      probes: this.#probes(workload, consumed, serving),
    };
  }

  #secret(namespace: string, name: string): ConsumedSecret | undefined {
    const row = this.#caches.secrets.get(keyOf({ namespace, name }));
    const certificate = row === undefined ? undefined : this.certificateOf(row);
    if (row?.leaf === undefined || certificate === undefined) return undefined;
    return {
      name,
      ...row.leaf,
      serverName: serverNameOf(certificate),
      isSettled: isSettled(certificate, row.leaf.fingerprint),
      isLeftAlone: certificate.spec.reload?.strategy === 'None',
    };
  }

  #probes(
    workload: WorkloadRow,
    consumed: readonly ConsumedSecret[],
    serving: readonly PodRow[],
  ): ReadonlyMap<string, Probed> {
    const targets = serving.flatMap((pod) => consumed.flatMap((secret) => targetOf(workload, pod, secret) ?? []));
    return new Map(targets.map((target) => [probeKey(target.podUID, target.secretName), this.#leaves.about(target)]));
  }
}

function targetOf({ key, tlsPort }: WorkloadRow, pod: PodRow, secret: ConsumedSecret): Target | undefined {
  const { address, startedAt } = pod;
  const { serverName } = secret;
  if (tlsPort === undefined || address === undefined || startedAt === undefined || serverName === undefined) {
    return undefined;
  }
  return {
    podUID: pod.uid,
    startedAt,
    address,
    port: tlsPort,
    serverName,
    secretName: secret.name,
    expected: secret.fingerprint,
    workload: key,
  };
}

/** The first name in the order of the spec, which edits seldom change; the probe leaves SNI out for an IP address. */
function serverNameOf({ spec }: CertificateRow): string | undefined {
  return [spec.commonName ?? '', ...(spec.dnsNames ?? []), ...(spec.ipAddresses ?? [])].find((name) => name !== '');
}
