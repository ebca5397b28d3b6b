import { given } from './given.ts';

/** The reasons that a subscriber may give for a revocation (RFC 5280 section 5.3.1). A CA may take fewer. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
] as const;

/** One of the reasons for a revocation. */
export type RevocationReason = (typeof revocationReasons)[number];

/** What is to be revoked (RFC 8555 section 7.6). */
export interface RevocationRequest {
  readonly certificateDer: Uint8Array;
  /** Absent, as `unspecified`: none is given. */
  readonly reason?: RevocationReason;
  /** The private key of the certificate, PEM: asks in its name. Absent: in the name of the account. */
  readonly keyPem?: string;
}

/** Their numbers. `unspecified` is not to be sent (RFC 5280 section 5.3.1). */
const codes: Readonly<Record<RevocationReason, number | undefined>> = {
  unspecified: undefined,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
};

/** What is sent to revoke a certificate (RFC 8555 section 7.6). */
export function revocationOf({ certificateDer, reason = 'unspecified' }: RevocationRequest): object {
  const certificate = Buffer.from(certificateDer).toString('base64url');
  return { certificate, ...given(codes[reason], (code) => ({ reason: code })) };
}
