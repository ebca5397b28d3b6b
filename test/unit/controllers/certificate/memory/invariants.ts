import { annotations, certificates, isTrue } from '../../../../../src/api/index.ts';
import { archiveSeen } from '../../../../../src/controllers/certificate/secret/archive.ts';
import { type Secret, textOf } from '../../../../../src/controllers/certificate/secret/secret.ts';
import { type CertificateRow, projectCertificate } from '../../../../../src/controllers/certificate-row.ts';
import { type KubeObject, secrets } from '../../../../../src/kube/index.ts';
import { type Chain, readChain } from '../../../../../src/pki/index.ts';
import type { MemoryCluster } from '../../../../kit/memory-cluster.ts';
import type { SimulatedCa } from '../../../../sim/ca/index.ts';

const shop = { namespace: 'web', name: 'shop' };

/** Looks at every revision of every object, and at the world at the moment of each ACME request. */
export class Invariants {
  /** What was broken, in sentences. */
  readonly broken: string[] = [];
  /** What was asked of the CA and ought not to have been, in sentences; a leader that slept may. */
  readonly hasty: string[] = [];
  /** The URL of every order that a status has ever recorded. */
  readonly recorded = new Set<string>();
  readonly #cluster: MemoryCluster;
  readonly #ca: SimulatedCa;
  /** The fingerprint of every certificate that the Secret has held. */
  readonly #held = new Set<string>();
  #before: { readonly revision: number; readonly leaf: Chain['leaf'] } | undefined;

  constructor(cluster: MemoryCluster, ca: SimulatedCa) {
    this.#cluster = cluster;
    this.#ca = ca;
    cluster.cache({ resource: secrets, project: (object) => object }).onChange(({ key, after }) => {
      if (key === 'web/shop-tls') this.#secret(after);
    });
    cluster.cache({ resource: certificates, project: projectCertificate }).onChange(({ before, after }) => {
      if (after !== undefined && after.status !== before?.status) this.#status(before, after);
    });
  }

  /** Orders that no status ever recorded. */
  get orphans(): number {
    return this.#ca.orders.filter(({ url }) => !this.recorded.has(url)).length;
  }

  /** To be told of each ACME request before it is sent. */
  request(call: string): void {
    const object = this.#cluster.peek(certificates, shop);
    const order = object === undefined ? undefined : projectCertificate(object).status.order;
    const live = order !== undefined && order.state !== 'invalid';
    if (call === 'newOrder') {
      if (live) this.hasty.push('an order is placed while another is recorded');
      if (this.#archivedKey() === undefined) this.hasty.push('an order is placed before its key is stored');
    }
    if ((call === 'answer' || call === 'finalize') && !live)
      this.hasty.push(`${call} for an order that is not recorded`);
  }

  #archivedKey(): string | undefined {
    const uid = this.#cluster.peek(certificates, shop)?.metadata.uid ?? '';
    const archive = this.#cluster.peek(secrets, { namespace: 'web', name: `evercert-archive-${uid}` });
    return archiveSeen(archive as Secret | undefined)?.nextKeyPem;
  }

  #secret(after: KubeObject | undefined): void {
    if (after === undefined) return; // only users delete it: the controller has no verb for that
    const secret = after as Secret;
    try {
      const { leaf } = readChain(textOf(secret, 'tls.crt'));
      const revision = Number(secret.metadata.annotations?.[annotations.revision]);
      if (!leaf.hasKey(textOf(secret, 'tls.key')))
        this.broken.push('the key in the Secret does not fit its certificate');
      const before = this.#before;
      if (before !== undefined && before.leaf.fingerprint !== leaf.fingerprint) {
        if (revision <= before.revision) this.broken.push(`revision ${before.revision} is followed by ${revision}`);
        if (leaf.notAfter < before.leaf.notAfter) this.broken.push('the Secret holds an older certificate than before');
      }
      this.#held.add(leaf.fingerprint);
      this.#before = { revision, leaf };
    } catch (error) {
      this.broken.push(`the Secret cannot be read: ${String(error)}`);
    }
  }

  #status(before: CertificateRow | undefined, after: CertificateRow): void {
    const { order, fingerprint } = after.status;
    if (order !== undefined && order.url !== before?.status.order?.url) this.#order(order);
    if (fingerprint !== undefined && !this.#held.has(fingerprint)) {
      this.broken.push('the status tells of a certificate that the Secret has never held');
    }
    const isThere = this.#cluster.peek(secrets, { namespace: 'web', name: 'shop-tls' }) !== undefined;
    if (isThere && saysReady(before, after.generation) && !saysReady(after, after.generation)) {
      this.broken.push('Ready is taken back, though neither the spec nor the Secret has changed');
    }
  }

  #order({ url, revision }: NonNullable<CertificateRow['status']['order']>): void {
    this.recorded.add(url);
    if (revision <= (this.#before?.revision ?? 0)) {
      this.broken.push('an order is recorded for a revision that the Secret has reached');
    }
  }
}

/** Whether the status says Ready of this generation of the spec. */
function saysReady(row: CertificateRow | undefined, generation: number): boolean {
  return row?.status.observedGeneration === generation && isTrue(row.status.conditions, 'Ready');
}
