import { annotations, certificates, labels, managedByValue } from '../../../src/api/index.ts';
import { archiveSeen } from '../../../src/controllers/certificate/secret/archive.ts';
import { type Secret, textOf } from '../../../src/controllers/certificate/secret/secret.ts';
import { revocationAsked } from '../../../src/controllers/certificate/verbs/verbs.ts';
import { type CertificateRow, projectCertificate } from '../../../src/controllers/certificate-row.ts';
import { deployments, type KubeObject, refOf, secrets } from '../../../src/kube/index.ts';
import { readChain } from '../../../src/pki/index.ts';
import { RevisionRules } from '../../kit/revision-rules.ts';
import type { Commit } from '../world/truth.ts';
import type { World } from '../world/world.ts';

/** Looks at every revision of every object, and at the world at the moment of each request to the CA. */
export class Oracles {
  /** What was asked of the CA and ought not to have been; a leader that slept may. */
  readonly hasty: string[] = [];
  /** Every reason that the condition Issuing of a Certificate has had. */
  readonly said = new Set<string>();
  readonly #world: World;
  readonly #rules = new RevisionRules();
  readonly #written: string[] = [];
  /** Every digest that each pod template was given. */
  readonly #digests = new Map<string, Set<string>>();
  /** Every spec that users gave each Certificate, by its uid. */
  readonly #specs = new Map<string, CertificateRow[]>();
  /** Every chain that users ever put into a Secret. */
  readonly #brought = new Set<string>();
  #allowedOrphans = 0;

  constructor(world: World) {
    this.#world = world;
    world.truth.onCommit((commit) => {
      const byOthers = !commit.by.startsWith('operator');
      this.#rules.see({ ...commit, byOthers });
      if (byOthers) return this.#edited(commit);
      if (commit.plural === secrets.plural) this.#secret(commit);
      if (commit.plural === deployments.plural) this.#workload(commit);
      if (commit.plural === certificates.plural) this.#told(commit);
    });
  }

  /** What was broken, in sentences. */
  get broken(): readonly string[] {
    return [...this.#rules.broken, ...this.#written];
  }

  /** Orders that no status ever recorded. */
  get orphans(): number {
    return this.#world.ca.orders.filter(({ url }) => !this.#rules.recorded.has(url)).length;
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
    if (call === 'revoke' && row !== undefined) this.#revocation(row);
    if ((call === 'answer' || call === 'finalize') && !live) {
      this.hasty.push(`${call} for an order that is not recorded`);
    }
  }

  /** Unless its key is known to others, one is revoked that nobody serves any more. */
  #revocation({ verbs, secretKey }: CertificateRow): void {
    const asked = revocationAsked({ verbs });
    if (asked === undefined || asked.reason === 'keyCompromise') return;
    const held = this.#world.truth.get(secrets, refOf(secretKey))?.metadata.annotations?.[annotations.fingerprint];
    if (held === asked.fingerprint) this.hasty.push('the certificate in use is revoked');
    const served = this.#world.node.served;
    if (served.includes(asked.fingerprint)) this.hasty.push('a certificate is revoked that a pod serves');
  }

  /** What is wrong when all is at rest, in sentences: a Secret holds a certificate that is revoked. */
  atRest(): readonly string[] {
    const { truth, ca } = this.#world;
    const revoked = new Set(ca.certificates.filter((one) => one.revoked !== undefined).map(fingerprintOf));
    return truth.list(secrets).flatMap(({ metadata }) => {
      const isRevoked = revoked.has(metadata.annotations?.[annotations.fingerprint] ?? '');
      return isRevoked ? [`the Secret ${metadata.name} holds a certificate that is revoked`] : [];
    });
  }

  #row(key: string): CertificateRow | undefined {
    const object = this.#world.truth.get(certificates, refOf(key));
    return object === undefined ? undefined : projectCertificate(object);
  }

  #archivedKey({ namespace, uid }: CertificateRow): string | undefined {
    const archive = this.#world.truth.get(secrets, { namespace, name: `evercert-archive-${uid}` });
    return archiveSeen(archive)?.nextKeyPem;
  }

  #edited({ plural, after }: Commit): void {
    if (plural === secrets.plural && after !== undefined) this.#brought.add(textOf(after, 'tls.crt'));
    if (plural !== certificates.plural || after === undefined) return;
    const row = projectCertificate(after);
    this.#specs.set(row.uid, [...(this.#specs.get(row.uid) ?? []), row]);
  }

  #told({ after }: Commit): void {
    const conditions = after === undefined ? [] : (projectCertificate(after).status.conditions ?? []);
    for (const { type, reason } of conditions) if (type === 'Issuing') this.said.add(reason);
  }

  /** Whatever the spec is changed to meanwhile, a Secret holds what one of its versions asked for, and no mixture. */
  #isAskedFor(secret: Secret): boolean {
    const { labels: marks, annotations: notes } = secret.metadata;
    const specs = this.#specs.get(marks?.[labels.certificateUID] ?? '');
    if (specs === undefined || secret.data?.['tls.crt'] === undefined) return true;
    const { names } = readChain(textOf(secret, 'tls.crt')).leaf;
    return specs.some((row) => {
      const isWhole = names.length === row.names.length || row.spec.partialIssuance === true;
      const isForIt = isWhole && names.every((name) => row.names.includes(name));
      return (
        isForIt &&
        secret.metadata.name === row.secretName &&
        notes?.[annotations.issuerName] === row.spec.issuerRef.name
      );
    });
  }

  /** Whatever a CA may give in place of it, a Secret holds a chain as it was issued, a user's own or a temporary one. */
  #isIssued(secret: Secret): boolean {
    const pem = textOf(secret, 'tls.crt');
    const isTemporary = secret.metadata.annotations?.[annotations.revision] === '0';
    if (pem === '' || isTemporary || this.#brought.has(pem)) return true;
    return this.#world.ca.certificates.some(({ chains }) => chains.includes(pem));
  }

  /** A Secret that carries neither our label nor its owner's consent is not ours to write, and none is ours to delete. */
  #secret({ key, before, after }: Commit): void {
    if (after === undefined) this.#written.push(`the Secret ${key} was deleted by an operator`);
    else if (!isTakenOver(before, after) && !this.#isAskedFor(after)) {
      this.#written.push(`the Secret ${key} holds what no spec has asked for`);
    } else if (!this.#isIssued(after)) {
      this.#written.push(`the Secret ${key} holds a chain that its CA has not issued`);
    }
    if (before === undefined) return;
    const { labels: marks, annotations: notes } = before.metadata;
    const isOurs = marks?.[labels.managedBy] === managedByValue || notes?.[annotations.adopt] === 'true';
    if (!isOurs) this.#written.push(`the Secret ${key}, which is not ours, was written`);
  }

  /** A workload is rolled at most once for one set of leaves. */
  #workload({ key, before, after }: Commit): void {
    const digest = digestOf(after);
    if (digest === undefined || digest === digestOf(before)) return;
    const given = this.#digests.get(key) ?? new Set<string>();
    if (given.has(digest)) this.#written.push(`the workload ${key} is rolled twice for one set of leaves`);
    this.#digests.set(key, given.add(digest));
  }
}

function fingerprintOf({ chains: [chain = ''] }: World['ca']['certificates'][number]): string {
  return readChain(chain).leaf.fingerprint;
}

interface Workload extends KubeObject {
  readonly spec?: { readonly template?: { readonly metadata?: { readonly annotations?: Record<string, string> } } };
}

function digestOf(object: Workload | undefined): string | undefined {
  return object?.spec?.template?.metadata?.annotations?.[annotations.reloadDigest];
}

/** Whether a Secret became ours with the pair that it had: that one nobody asked us for. */
function isTakenOver(was: Secret | undefined, after: Secret): boolean {
  const isNew = was?.metadata.labels?.[labels.certificateUID] !== after.metadata.labels?.[labels.certificateUID];
  return isNew && was?.data?.['tls.crt'] === after.data?.['tls.crt'];
}
