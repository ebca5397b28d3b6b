import { annotations, certificates, isTrue } from '../../../src/api/index.ts';
import { textOf } from '../../../src/controllers/certificate/secret.ts';
import { type CertificateRow, projectCertificate } from '../../../src/controllers/certificate-row.ts';
import { type KubeObject, secrets } from '../../../src/kube/index.ts';
import { type Chain, readChain } from '../../../src/pki/index.ts';
import type { Commit } from './history.ts';
import type { Shop } from './site.ts';

/** Goes through the revisions of a trial and finds what must never have been, in sentences. */
export class Oracles {
  readonly broken: string[] = [];
  /** The URL of every order that a status recorded. */
  readonly recorded = new Set<string>();
  readonly #shop: Shop;
  readonly #held = new Set<string>();
  #last: { readonly revision: number; readonly leaf: Chain['leaf'] } | undefined;
  #isThere = false;

  /** @param commits in the order of their revisions, from before the Certificate was made. */
  constructor(shop: Shop, commits: readonly Commit[]) {
    this.#shop = shop;
    for (const { plural, before, after } of commits) {
      const { name } = (after ?? before)?.metadata ?? {};
      if (plural === secrets.plural && name === shop.secretName) this.#secret(after);
      if (plural === certificates.plural && name === shop.name) this.#certificate(before, after);
    }
  }

  #secret(after: KubeObject | undefined): void {
    this.#isThere = after !== undefined;
    if (after === undefined) return; // by its user: the operator has no verb for that
    try {
      const { leaf } = readChain(textOf(after, 'tls.crt'));
      const revision = Number(after.metadata.annotations?.[annotations.revision]);
      if (!leaf.hasKey(textOf(after, 'tls.key'))) {
        this.broken.push('the key in the Secret does not fit its certificate');
      }
      const last = this.#last;
      if (last !== undefined && last.leaf.fingerprint !== leaf.fingerprint) {
        if (revision <= last.revision) this.broken.push(`revision ${last.revision} is followed by ${revision}`);
        if (leaf.notAfter < last.leaf.notAfter) this.broken.push('the Secret holds an older certificate than before');
      }
      this.#held.add(leaf.fingerprint);
      this.#last = { revision, leaf };
    } catch (error) {
      this.broken.push(`the Secret cannot be read: ${String(error)}`);
    }
  }

  #certificate(before: KubeObject | undefined, after: KubeObject | undefined): void {
    if (after === undefined) return;
    const row = projectCertificate(after);
    const earlier = before === undefined ? undefined : projectCertificate(before);
    const { order, fingerprint } = row.status;
    if (order !== undefined && order.url !== earlier?.status.order?.url) {
      this.recorded.add(order.url);
      if (order.revision <= (this.#last?.revision ?? 0)) {
        this.broken.push('an order is recorded for a revision that the Secret has reached');
      }
    }
    if (fingerprint !== undefined && !this.#held.has(fingerprint)) {
      this.broken.push(`the status of ${this.#shop.name} tells of a certificate that the Secret has never held`);
    }
    if (this.#isThere && saysReady(earlier, row.generation) && !saysReady(row, row.generation)) {
      this.broken.push('Ready is taken back, though neither the spec nor the Secret has changed');
    }
  }
}

/** Whether the status says Ready of this generation of the spec. */
function saysReady(row: CertificateRow | undefined, generation: number): boolean {
  return row?.status.observedGeneration === generation && isTrue(row.status.conditions, 'Ready');
}
