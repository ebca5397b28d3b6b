import { certificates, group, managers, version } from '../../api/index.ts';
import type { KubeClient, KubeObject } from '../../kube/index.ts';
import { ConflictError } from '../../runtime/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { OwnWrites } from '../own-writes.ts';
import type { OwnStatus } from './status.ts';

/** Writes our part of Certificates' status, and reads Certificates past the cache where a step needs to be sure. */
export class Statuses {
  readonly #client: Pick<KubeClient, 'apply'>;
  readonly #writes: OwnWrites<CertificateRow>;

  constructor(parts: { client: Pick<KubeClient, 'apply'>; writes: OwnWrites<CertificateRow> }) {
    this.#client = parts.client;
    this.#writes = parts.writes;
  }

  /** Applies the whole of our part over the version that was read. @throws ConflictError where that is no longer the newest. */
  async write(certificate: CertificateRow, status: OwnStatus, signal: AbortSignal): Promise<void> {
    const { namespace, name, resourceVersion } = certificate;
    const object = {
      apiVersion: `${group}/${version}`,
      kind: certificates.kind,
      metadata: { namespace, name, resourceVersion },
      status,
    };
    const options = { manager: managers.certificate, force: true, subresource: 'status', signal } as const;
    this.#writes.note(certificate, await this.#client.apply<KubeObject>(certificates, object, options));
  }

  /** The Certificate as it stands now, read past the cache; passes see what was read from then on. */
  live({ key }: CertificateRow, signal: AbortSignal): Promise<CertificateRow | undefined> {
    return this.#writes.read(key, signal);
  }

  /**
   * One live read before a step that cannot be taken back: a leader that slept may have been replaced, and a cache may lag.
   *
   * @throws ConflictError where the Certificate has another uid, spec, verb or recorded order than the one that was planned for.
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
    live.status.revision === planned.status.revision &&
    live.status.order?.url === planned.status.order?.url &&
    live.verbs.rollback === planned.verbs.rollback &&
    live.verbs.revoke === planned.verbs.revoke
  );
}
