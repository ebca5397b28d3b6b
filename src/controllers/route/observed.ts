import type { CertificateRow } from '../certificate-row.ts';
import type { IngressRow } from '../ingress-row.ts';
import type { WantedRoute } from './routes.ts';

/** All that a plan is made from. */
export interface Observed {
  readonly certificate: CertificateRow | undefined;
  /** The Ingress objects that are to be; undefined while the issuer is missing or not ready: then nothing is touched. */
  readonly wanted: readonly WantedRoute[] | undefined;
  /** The Ingress objects of the Certificate, and of earlier ones of its name. */
  readonly existing: readonly IngressRow[];
  /**
   * The uid of the Certificate by a live read, undefined where there is none. Read where an existing Ingress belongs to
   * another one than the cache shows; else that of the cache.
   */
  readonly liveUID: string | undefined;
  /** The public id of this installation. */
  readonly installation: string;
}
