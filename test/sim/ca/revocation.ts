import type { RevocationRequest } from '../../../src/acme/index.ts';
import type { AccountKey, KeptAccount } from './accounts.ts';
import type { Authorizations } from './authorizations.ts';
import type { Certificates, KeptCertificate } from './certificates.ts';
import type { CaOptions } from './options.ts';
import { refusal } from './problems.ts';

interface Parts {
  readonly options: CaOptions;
  readonly now: () => number;
  readonly certificates: Certificates;
  readonly authorizations: Authorizations;
}

/** Takes certificates back (RFC 8555 section 7.6). */
export class Revocation {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** `by` asks for it: an account, or whoever has this key. */
  revoke(
    { certificateDer, reason = 'unspecified' }: Omit<RevocationRequest, 'keyPem'>,
    by: KeptAccount | AccountKey,
  ): void {
    const { certificates, options, now } = this.#parts;
    const { dialect } = options;
    if (!dialect.revocationReasons.includes(reason)) {
      throw refusal('badRevocationReason', 400, `disallowed revocation reason: ${reason}`);
    }
    const certificate = certificates.withLeaf(certificateDer);
    if (certificate === undefined) throw dialect.strangeCertificate();
    const isAccount = 'url' in by;
    const mayRevoke = isAccount ? this.#mayRevoke(by, certificate) : by.publicKey === certificate.publicKey;
    if (!mayRevoke) throw dialect.notTheirs(isAccount ? 'account' : 'key');
    if (certificate.revoked !== undefined) {
      throw refusal('alreadyRevoked', 400, 'Certificate has already been revoked.');
    }
    certificate.revoked = { at: new Date(now()), reason, by: isAccount ? 'account' : 'key' };
  }

  #mayRevoke(account: KeptAccount, { account: owner, identifiers }: KeptCertificate): boolean {
    if (account === owner) return true;
    const { authorizations, options } = this.#parts;
    return options.dialect.provenMayRevoke && identifiers.every((one) => authorizations.hasProven(account, one));
  }
}
