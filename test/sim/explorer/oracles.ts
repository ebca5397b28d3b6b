import { annotations, certificates, isTrue, labels } from '../../../src/api/index.ts';
import { archiveSeen } from '../../../src/controllers/certificate/archive.ts';
import { type Secret, textOf } from '../../../src/controllers/certificate/secret.ts';
import { type CertificateRow, projectCertificate } from '../../../src/controllers/certificate-row.ts';
import { deployments, type KubeObject, keyOf, refOf, secrets } from '../../../src/kube/index.ts';
import { type Chain, readChain } from '../../../src/pki/index.ts';
import type { Commit } from '../world/truth.ts';
import type { World } from '../world/world.ts';

interface Held {
  readonly revision: number;
  readonly leaf: Chain['leaf'];
}

/** Looks at every revision of every object, and at the world at the moment of each request to the CA. */
export class Oracles {
  /** What was broken, in sentences. */
  readonly broken: string[] = [];
  /** What was asked of the CA and ought not to have been; a leader that slept may. */
  readonly hasty: string[] = [];
  readonly #world: World;
  /** The URL of every order that a status has ever recorded. */
  readonly #recorded = new Set<string>();
  /** What each Secret held last. */
  readonly #held = new Map<string, Held>();
  /** The fingerprint of every certificate that any Secret ever held. */
  readonly #fingerprints = new Set<string>();
  /** Every digest that each pod template was given. */
  readonly #digests = new Map<string, Set<string>>();
  #allowedOrphans = 0;

  constructor(world: World) {
    this.#world = world;
    world.truth.onCommit((commit) => {
      if (commit.plural === secrets.plural) this.#secret(commit);
      if (commit.plural === certificates.plural) this.#certificate(commit);
      if (commit.plural === deployments.plural && commit.by.startsWith('operator')) this.#workload(commit);
    });
  }

  /** Orders that no status ever recorded. */
  get orphans(): number {
    return this.#world.ca.orders.filter(({ url }) => !this.#recorded.has(url)).length;
  }

  /** How many of them may be: one for each crash between an order and its record. */
  get allowedOrphans(): number {
    return this.#allowedOrphans;
  }

  /** To be told when an operator dies, sleeps, or does not hear an answer. */
  interrupted(): void {
    if (this.orphans > this.#allowedOrphans) this.#allowedOrphans += 1;
  }

  /** To be told of each request to the CA before it is sent; `key` is the Certificate that it is for, where there is but one. */
  request(call: string, key: string): void {
    const row = this.#row(key);
    const { order } = row?.status ?? {};
    const live = order !== undefined && order.state !== 'invalid';
    if (call === 'newOrder') {
      if (live) this.hasty.push('an order is placed while another is recorded');
      if (row !== undefined && this.#archivedKey(row) === undefined) {
        this.hasty.push('an order is placed before its key is stored');
      }
    }
    if ((call === 'answer' || call === 'finalize') && !live) {
      this.hasty.push(`${call} for an order that is not recorded`);
    }
  }

  #row(key: string): CertificateRow | undefined {
    const object = this.#world.truth.get(certificates, refOf(key));
    return object === undefined ? undefined : projectCertificate(object);
  }

  #archivedKey({ namespace, uid }: CertificateRow): string | undefined {
    const archive = this.#world.truth.get(secrets, { namespace, name: `evercert-archive-${uid}` });
    return archiveSeen(archive)?.nextKeyPem;
  }

  #secret({ by, key, before, after }: Commit): void {
    if (by.startsWith('operator') && before !== undefined) this.#foreign(key, before);
    if (after === undefined) {
      if (by.startsWith('operator')) this.broken.push(`the Secret ${key} was deleted by an operator`);
      return;
    }
    if (
      (after as Secret).type !== 'kubernetes.io/tls' ||
      after.metadata.labels?.[labels.certificateUID] === undefined
    ) {
      return;
    }
    try {
      const { leaf } = readChain(textOf(after, 'tls.crt'));
      const revision = Number(after.metadata.annotations?.[annotations.revision]);
      if (!leaf.hasKey(textOf(after, 'tls.key'))) this.broken.push(`the key in ${key} does not fit its certificate`);
      const last = this.#held.get(key);
      if (last !== undefined && last.leaf.fingerprint !== leaf.fingerprint) {
        if (revision <= last.revision)
          this.broken.push(`revision ${last.revision} of ${key} is followed by ${revision}`);
        if (leaf.notAfter < last.leaf.notAfter) this.broken.push(`${key} holds an older certificate than before`);
      }
      this.#fingerprints.add(leaf.fingerprint);
      this.#held.set(key, { revision, leaf });
    } catch (error) {
      this.broken.push(`the Secret ${key} cannot be read: ${String(error)}`);
    }
  }

  /** A Secret that carries neither our label nor its owner's consent is not ours to write. */
  #foreign(key: string, { metadata }: KubeObject): void {
    const isManaged = metadata.labels?.[labels.managedBy] === 'evercert';
    if (!isManaged && metadata.annotations?.[annotations.adopt] !== 'true') {
      this.broken.push(`the Secret ${key}, which is not ours, was written`);
    }
  }

  #certificate({ key, before, after }: Commit): void {
    if (after === undefined) return;
    const row = projectCertificate(after);
    const earlier = before === undefined ? undefined : projectCertificate(before);
    const { order, fingerprint } = row.status;
    const secretKey = keyOf({ namespace: row.namespace, name: row.secretName });
    if (order !== undefined && order.url !== earlier?.status.order?.url) {
      this.#recorded.add(order.url);
      if (order.revision <= (this.#held.get(secretKey)?.revision ?? 0)) {
        this.broken.push(`an order of ${key} is recorded for a revision that its Secret has reached`);
      }
    }
    if (fingerprint !== undefined && !this.#fingerprints.has(fingerprint)) {
      this.broken.push(`the status of ${key} tells of a certificate that no Secret has ever held`);
    }
    const isThere = this.#world.truth.get(secrets, refOf(secretKey)) !== undefined;
    if (isThere && saysReady(earlier, row.generation) && !saysReady(row, row.generation)) {
      this.broken.push(`Ready of ${key} is taken back, though neither its spec nor its Secret has changed`);
    }
  }

  /** A workload is rolled at most once for one set of leaves. */
  #workload({ key, before, after }: Commit): void {
    const digest = digestOf(after);
    if (digest === undefined || digest === digestOf(before)) return;
    const given = this.#digests.get(key) ?? new Set<string>();
    if (given.has(digest)) this.broken.push(`the workload ${key} is rolled twice for one set of leaves`);
    this.#digests.set(key, given.add(digest));
  }
}

interface Workload extends KubeObject {
  readonly spec?: { readonly template?: { readonly metadata?: { readonly annotations?: Record<string, string> } } };
}

function digestOf(object: Workload | undefined): string | undefined {
  return object?.spec?.template?.metadata?.annotations?.[annotations.reloadDigest];
}

/** Whether the status says Ready of this generation of the spec. */
function saysReady(row: CertificateRow | undefined, generation: number): boolean {
  return row?.status.observedGeneration === generation && isTrue(row.status.conditions, 'Ready');
}
