import { certificates, group, managers, version } from '../../api/index.ts';
import type { KubeClient, KubeObject } from '../../kube/index.ts';
import { ConflictError } from '../../runtime/index.ts';
import { type CertificateRow, projectCertificate } from '../certificate-row.ts';
import { OwnWrites } from '../own-writes.ts';
import type { OwnStatus } from './status.ts';

/** Writes our part of Certificates' status, and sees its own writes before the cache does. */
export class Statuses {
  readonly #client: Pick<KubeClient, 'get' | 'apply'>;
  readonly #writes = new OwnWrites<CertificateRow>();

  constructor(parts: { client: Pick<KubeClient, 'get' | 'apply'> }) {
    this.#client = parts.client;
  }

  /** The newer of the cached row and what we wrote last over that very row. */
  newest(key: string, cached: CertificateRow | undefined): CertificateRow | undefined {
    if (cached === undefined) this.#writes.forget(key); // deleted: a Certificate is never made by us
    return this.#writes.newest(key, cached);
  }

  /** Applies the whole of our part over the version that was read. @throws ConflictError where that is no longer the newest. */
  async write(certificate: CertificateRow, status: OwnStatus, signal: AbortSignal): Promise<void> {
    const { key, namespace, name, resourceVersion } = certificate;
    const object = {
      apiVersion: `${group}/${version}`,
      kind: certificates.kind,
      metadata: { namespace, name, resourceVersion },
      status,
    };
    const options = { manager: managers.certificate, force: true, subresource: 'status', signal } as const;
    const applied = await this.#client.apply<KubeObject>(certificates, object, options);
    this.#writes.note(key, resourceVersion, projectCertificate(applied));
  }

  /** The Certificate as it stands now, read past the cache; the row that was given is known to be older from then on. */
  async live(
    { key, namespace, name, resourceVersion }: CertificateRow,
    signal: AbortSignal,
  ): Promise<CertificateRow | undefined> {
    const object = await this.#client.get<KubeObject>(certificates, { namespace, name }, signal);
    if (object === undefined) return undefined;
    const live = projectCertificate(object);
    if (live.resourceVersion !== resourceVersion) this.#writes.note(key, resourceVersion, live);
    return live;
  }

  /**
   * One live read before a step that cannot be taken back: a leader that slept may have been replaced, and a cache may lag.
   *
   * @throws ConflictError where the Certificate has another uid, spec or recorded order than the one that was planned for.
   */
  async confirm(certificate: CertificateRow, signal: AbortSignal): Promise<void> {
    const live = await this.live(certificate, signal);
    if (live !== undefined && isSame(live, certificate)) return;
    throw new ConflictError(`the Certificate ${certificate.key} has changed since it was read`);
  }
}

/** Whether nothing that a step is planned from has changed: others write to a status too. */
export function isSame(live: CertificateRow, planned: CertificateRow): boolean {
  return (
    live.uid === planned.uid &&
    live.generation === planned.generation &&
    live.status.order?.url === planned.status.order?.url
  );
}
