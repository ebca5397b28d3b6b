import { annotations, certificates, isTrue, labels } from '../../src/api/index.ts';
import { type Secret, textOf } from '../../src/controllers/certificate/secret/secret.ts';
import { revocationAsked, rollbackAsked } from '../../src/controllers/certificate/verbs/verbs.ts';
import { type CertificateRow, projectCertificate } from '../../src/controllers/certificate-row.ts';
import { type KubeObject, keyOf, secrets } from '../../src/kube/index.ts';
import { type Chain, readChain } from '../../src/pki/index.ts';

/** One revision of an object: absent before it was made, and after it is gone. */
export interface Revision {
  readonly plural: string;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
  /** Somebody else than an operator wrote it, who may do to a Secret as they please. */
  readonly byOthers?: boolean;
}

/**
 * What holds of Certificates and their Secrets at every revision, whatever happens to operators: a Secret holds a pair that
 * fits, never an older one than before unless that was asked back; no order is recorded for a revision that was reached; no status tells of a
 * certificate that was never stored; Ready is not taken back.
 */
export class RevisionRules {
  /** What was broken, in sentences. */
  readonly broken: string[] = [];
  /** The URL of every order that a status has ever recorded. */
  readonly recorded = new Set<string>();
  /** What each Secret held last, by its key; also of one that was deleted since. */
  readonly #held = new Map<string, { readonly revision: number; readonly leaf: Chain['leaf'] }>();
  readonly #there = new Set<string>();
  /** The fingerprint of every certificate that any Secret ever held. */
  readonly #fingerprints = new Set<string>();
  /** The fingerprint of every certificate that a verb ever asked to have back. */
  readonly #askedBack = new Set<string>();

  /** @param revisions the first ones, where they are known already. */
  constructor(revisions: Iterable<Revision> = []) {
    for (const revision of revisions) this.see(revision);
  }

  /** To be told of every revision, in their order, from before the first Certificate was made. */
  see({ plural, before, after, byOthers = false }: Revision): void {
    if (plural === secrets.plural && byOthers) this.#there.delete(keyOf((after ?? before)?.metadata ?? { name: '' }));
    if (plural === secrets.plural && !byOthers) this.#secret(before, after);
    if (plural === certificates.plural && after !== undefined) this.#certificate(before, after);
  }

  #secret(before: KubeObject | undefined, after: KubeObject | undefined): void {
    const key = keyOf((after ?? before)?.metadata ?? { name: '' });
    if (after === undefined) this.#there.delete(key);
    if (after === undefined || !isOfCertificate(after)) return;
    this.#there.add(key);
    try {
      const { leaf } = readChain(textOf(after, 'tls.crt'));
      const revision = Number(after.metadata.annotations?.[annotations.revision]);
      if (!leaf.hasKey(textOf(after, 'tls.key'))) this.broken.push(`the key in ${key} does not fit its certificate`);
      const last = this.#held.get(key);
      if (last !== undefined && last.leaf.fingerprint !== leaf.fingerprint) {
        if (revision <= last.revision)
          this.broken.push(`revision ${last.revision} of ${key} is followed by ${revision}`);
        const isOlder = leaf.notAfter < last.leaf.notAfter && !this.#askedBack.has(leaf.fingerprint);
        if (isOlder) this.broken.push(`${key} holds an older certificate than before`);
      }
      this.#fingerprints.add(leaf.fingerprint);
      this.#held.set(key, { revision, leaf });
    } catch (error) {
      this.broken.push(`the Secret ${key} cannot be read: ${String(error)}`);
    }
  }

  #certificate(before: KubeObject | undefined, after: KubeObject): void {
    const row = projectCertificate(after);
    const earlier = before === undefined ? undefined : projectCertificate(before);
    const { order, fingerprint } = row.status;
    const asked = rollbackAsked(row)?.fingerprint;
    if (asked !== undefined) this.#askedBack.add(asked);
    const secretKey = keyOf({ namespace: row.namespace, name: row.secretName });
    // One that is made anew, with its Secret gone, begins anew.
    if (earlier === undefined && !this.#there.has(secretKey)) this.#held.delete(secretKey);
    if (order !== undefined && order.url !== earlier?.status.order?.url) {
      this.recorded.add(order.url);
      if (order.revision <= (this.#held.get(secretKey)?.revision ?? 0)) {
        this.broken.push(`an order of ${row.key} is recorded for a revision that its Secret has reached`);
      }
    }
    if (fingerprint !== undefined && !this.#fingerprints.has(fingerprint)) {
      this.broken.push(`the status of ${row.key} tells of a certificate that no Secret has ever held`);
    }
    this.#ready(row, earlier, secretKey);
  }

  /** It is taken back of a certificate that is revoked before another one is there, and of one that has expired. */
  #ready(row: CertificateRow, earlier: CertificateRow | undefined, secretKey: string): void {
    const isRevoked = revocationAsked(row)?.reason === 'keyCompromise';
    const isExpired = row.status.conditions?.some(({ type, reason }) => type === 'Ready' && reason === 'Expired');
    if (
      !isRevoked &&
      isExpired !== true &&
      this.#there.has(secretKey) &&
      saysReady(earlier, row.generation) &&
      !saysReady(row, row.generation)
    ) {
      this.broken.push(`Ready of ${row.key} is taken back, though neither its spec nor its Secret has changed`);
    }
  }
}

/** Whether a Secret is the one that a Certificate names, and not its archive or an account's key. */
function isOfCertificate(secret: Secret): boolean {
  return secret.type === 'kubernetes.io/tls' && secret.metadata.labels?.[labels.certificateUID] !== undefined;
}

/** Whether the status says Ready of this generation of the spec. */
function saysReady(row: CertificateRow | undefined, generation: number): boolean {
  return row?.status.observedGeneration === generation && isTrue(row.status.conditions, 'Ready');
}
