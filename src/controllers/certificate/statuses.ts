import { certificates, group, managers, version } from '../../api/index.ts';
import { type KubeClient, type KubeObject, keyOf } from '../../kube/index.ts';
import { type CertificateRow, projectCertificate } from '../certificate-row.ts';
import type { OwnStatus } from './status.ts';

interface Written {
  readonly before: ReadonlySet<string>;
  readonly row: CertificateRow;
}

/** Writes our part of Certificates' status, and sees its own writes before the cache does. */
export class Statuses {
  readonly #client: KubeClient;
  readonly #written = new Map<string, Written>();

  constructor(parts: { client: KubeClient }) {
    this.#client = parts.client;
  }

  /** The newer of the cached row and what we wrote last over that very row. */
  newest(key: string, cached: CertificateRow | undefined): CertificateRow | undefined {
    const written = this.#written.get(key);
    if (written === undefined) return cached;
    if (cached !== undefined && written.before.has(cached.resourceVersion)) return written.row;
    this.#written.delete(key);
    return cached;
  }

  /** Applies the whole of our part over the version that was read. @throws ConflictError where that is no longer the newest. */
  async write(certificate: CertificateRow, status: OwnStatus, signal: AbortSignal): Promise<CertificateRow> {
    const { namespace, name, resourceVersion } = certificate;
    const object = {
      apiVersion: `${group}/${version}`,
      kind: certificates.kind,
      metadata: { namespace, name, resourceVersion },
      status,
    };
    const options = { manager: managers.certificate, force: true, subresource: 'status', signal } as const;
    const row = projectCertificate(await this.#client.apply<KubeObject>(certificates, object, options));
    const key = keyOf({ namespace, name });
    const earlier = this.#written.get(key);
    const chained = earlier?.row.resourceVersion === resourceVersion ? earlier.before : [];
    this.#written.set(key, { before: new Set([...chained, resourceVersion]), row });
    return row;
  }

  /** The Certificate as it stands now, read past the cache. */
  async live({ namespace, name }: CertificateRow, signal: AbortSignal): Promise<CertificateRow | undefined> {
    const object = await this.#client.get<KubeObject>(certificates, { namespace, name }, signal);
    return object === undefined ? undefined : projectCertificate(object);
  }
}
