import { readFileSync } from 'node:fs';
import type { Certificate } from '../../src/api/index.ts';
import { type Cache, connect, type KubeClient } from '../../src/kube/index.ts';
import { type AuditedWrite, AuditLog } from '../kit/audit-log.ts';
import { certificateThat, followCertificates, says } from '../kit/certificates.ts';
import { apply, environment, kubectl } from '../kit/inside.ts';

/** Where the kit installs the chart, as the release `evercert`. */
export const home = 'evercert';

/** What is asked of a Certificate. */
export interface Wish {
  readonly is: (certificate: Certificate) => boolean;
  /** Ends the sentence "it took longer than ... s". */
  readonly what: string;
  /** Default: 60 s. */
  readonly timeoutMs?: number;
}

/** A real node with Evercert installed by its chart, seen from outside. */
export class World implements AsyncDisposable {
  readonly client: KubeClient;
  /** PEM of the root that issued chains lead to. */
  readonly root = readFileSync(environment('ACME_ROOT_FILE'), 'utf8');
  readonly #audit = new AuditLog(environment('AUDIT_LOG'));
  readonly #ending = new AbortController();
  readonly #certificates: Cache<Certificate>;
  readonly #following: Promise<void>;

  private constructor() {
    this.client = connect({ kubeconfig: environment('KUBECONFIG'), userAgent: 'evercert-test' });
    const { cache, running } = followCertificates(this.client, this.#ending.signal);
    this.#certificates = cache;
    this.#following = running;
  }

  static async open(): Promise<World> {
    const world = new World();
    await world.#certificates.whenSynced(world.#ending.signal);
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#following;
    await this.client.close();
  }

  /** A Certificate as it is now. @throws Error where there is none. */
  certificate(key: string): Certificate {
    const certificate = this.#certificates.get(key);
    if (certificate === undefined) throw new Error(`there is no Certificate ${key}`);
    return certificate;
  }

  /** Resolves with a Certificate once it is as wished. */
  until(key: string, { timeoutMs = 60_000, ...wish }: Wish): Promise<Certificate> {
    return certificateThat(this.#certificates, key, { ...wish, timeoutMs });
  }

  /** Resolves with a Certificate once it is Ready and every consumer serves it. */
  untilServed(key: string): Promise<Certificate> {
    return this.until(key, { is: isServed, what: 'to be Ready and served', timeoutMs: 120_000 });
  }

  /** Asks for a renewal as a user does. */
  async askForRenewal(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/');
    const time = new Date().toISOString();
    await kubectl('annotate', 'evcert', name, '-n', namespace, '--overwrite', `evercert.dev/renew=${time}`);
  }

  /** Applies a Certificate and resolves with it once it is Ready. */
  async issued(key: string, spec: object = {}): Promise<Certificate> {
    await apply(certificateOf(key, spec));
    return this.until(key, { is: (one) => says(one, 'Ready', 'True'), what: 'to be Ready' });
  }

  /** Where the API server's record of writes ends now. */
  mark(): Promise<number> {
    return this.#audit.mark();
  }

  /** What anybody wrote since a mark, and was let. */
  async writesSince(mark: number): Promise<AuditedWrite[]> {
    return (await this.#audit.writesSince(mark)).filter(({ code }) => code < 300);
  }

  /** What our own accounts wrote since a mark; leases left out. */
  async ownWritesSince(mark: number): Promise<AuditedWrite[]> {
    return (await this.writesSince(mark)).filter((write) => isOurs(write) && write.resource !== 'leases');
  }

  /**
   * Writes of our own accounts that were not let, since the API server began. Leases left out: an uninstall takes the right
   * to give a Lease back away before the pods end.
   */
  async forbiddenWrites(): Promise<string[]> {
    const all = (await this.#audit.writesSince(0)).filter((write) => isOurs(write) && write.resource !== 'leases');
    return described(all.filter(({ code }) => code === 401 || code === 403));
  }

  /** Orders placed by the operators that run now, since each of them started. */
  async orders(): Promise<number> {
    const texts = (await this.#podAddresses()).map(async (address) => {
      return (await fetch(`http://${address}:9402/metrics`)).text();
    });
    const placed = /^evercert_acme_requests_total\{resource="newOrder".*\} (\d+)$/gm;
    const counts = (await Promise.all(texts)).flatMap((text) => [...text.matchAll(placed)]);
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async #podAddresses(): Promise<string[]> {
    const running = ['--field-selector=status.phase=Running', '-l', 'app.kubernetes.io/component=operator'];
    const path = '-o=jsonpath={.items[*].status.podIP}';
    return (await kubectl('get', 'pods', '-n', home, ...running, path)).split(' ');
  }
}

/** Deletes a namespace; its Certificates first, or they would be issued anew once their Secrets are gone. */
export async function removeNamespace(name: string): Promise<void> {
  await kubectl('delete', 'evcert', '--all', '-n', name);
  await kubectl('delete', 'namespace', name, '--wait=false');
}

function isOurs({ user }: AuditedWrite): boolean {
  return user.startsWith(`system:serviceaccount:${home}:`);
}

/** Ready, and every consumer serves what the Secret holds. */
function isServed(certificate: Certificate): boolean {
  const { status } = certificate;
  const isCurrent = status?.fingerprint !== undefined && status.reload?.fingerprint === status.fingerprint;
  return isCurrent && says(certificate, 'Ready', 'True') && says(certificate, 'Reloaded', 'True');
}

/** A Certificate of the cluster's own CA; its Secret is called as it is, and `-tls`. */
export function certificateOf(key: string, spec: object = {}): object {
  const [namespace = '', name = ''] = key.split('/');
  const issuerRef = { kind: 'ClusterIssuer', name: 'embedded' };
  return {
    apiVersion: 'evercert.dev/v1',
    kind: 'Certificate',
    metadata: { name, namespace },
    spec: { secretName: `${name}-tls`, dnsNames: [`${name}.example`], issuerRef, ...spec },
  };
}

/** One line a write: `resource/subresource name`. */
export function described(writes: readonly AuditedWrite[]): string[] {
  return writes.map(({ resource, subresource, name }) => {
    return `${resource}${subresource === undefined ? '' : `/${subresource}`} ${name ?? ''}`;
  });
}

/** Lines of our pods' logs that must never be there: errors, refused rights, and anything secret. */
export async function badLogLines(): Promise<string[]> {
  const everything = ['--tail=-1', '--prefix', '--max-log-requests=20'];
  const lines = (await kubectl('logs', '-n', home, '-l', 'app.kubernetes.io/name=evercert', ...everything)).split('\n');
  return lines.filter((line) => /"level":"error"|forbidden|Unauthorized|PRIVATE KEY|eyJ[\w-]{20,}/i.test(line));
}
