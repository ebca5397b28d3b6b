import { type AcmeClient, AcmeError } from '../../../acme/index.ts';
import { leafDer } from '../../../pki/index.ts';
import { type Clock, TerminalError } from '../../../runtime/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import type { Unrevoked } from '../observed.ts';
import type { Account } from '../order/accounts.ts';
import { asked, StepFailure } from '../step-failure.ts';
import type { Doomed } from './revocation.ts';

const firstRetryMs = 60_000;
const lastRetryMs = 6 * 3_600_000;

interface Parts {
  readonly clock: Clock;
  /** The account of an issuer; undefined where the issuer is gone or not ready. */
  readonly accountOf: (issuerKey: string, signal: AbortSignal) => Promise<Account | undefined>;
}

interface Failed extends Unrevoked {
  readonly annotation: string | undefined;
  readonly count: number;
}

/**
 * Asks CAs to revoke, and remembers when to ask again what failed. It is a memory only: a process without it asks at once,
 * and a CA answers for a certificate that is revoked already that it is.
 */
export class Revocations {
  readonly #parts: Parts;
  /** By the uid of the Certificate. */
  readonly #failed = new Map<string, Failed>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Why what the annotation asks for is not done yet, if it was tried. */
  unrevoked({ uid, verbs }: CertificateRow): Unrevoked | undefined {
    const failed = this.#failed.get(uid);
    if (failed === undefined || failed.annotation === verbs.revoke) return failed;
    this.#failed.delete(uid);
    return undefined;
  }

  /** Whether the CA holds it for revoked now. A failure is remembered. */
  async revoke(certificate: CertificateRow, doomed: Doomed, signal: AbortSignal): Promise<boolean> {
    try {
      const account = await this.#parts.accountOf(doomed.issuerKey, signal);
      if (account === undefined) {
        const message = `The ${doomed.issuerKey.replace('/', ' ')}, which it came from, is not ready`;
        throw new StepFailure({ reason: 'IssuerNotReady', message });
      }
      await tried(() => revoke(account.client, doomed, signal));
      this.#failed.delete(certificate.uid);
      return true;
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      this.#note(certificate, error);
      return false;
    }
  }

  #note({ uid, verbs }: CertificateRow, { reason, message, retryAfterMs = 0 }: StepFailure): void {
    const count = (this.#failed.get(uid)?.count ?? 0) + 1;
    // An issuer costs nothing to look at, and tells of itself when it is ready.
    const doublings = reason === 'IssuerNotReady' ? 0 : count - 1;
    const waitMs = Math.min(lastRetryMs, firstRetryMs * 2 ** doublings);
    const retryAt = new Date(this.#parts.clock.now().getTime() + Math.max(waitMs, retryAfterMs));
    this.#failed.set(uid, {
      annotation: verbs.revoke,
      count,
      why: message,
      retryAt,
      refused: reason === 'OrderFailed',
    });
  }
}

/** In the name of the account; where it may not, in the name of the certificate itself (RFC 8555, 7.6). */
async function revoke(client: AcmeClient, { chainPem, keyPem, reason }: Doomed, signal: AbortSignal): Promise<void> {
  const request = { certificateDer: leafDer(chainPem), reason };
  try {
    await client.revoke(request, signal);
  } catch (error) {
    if (!(error instanceof AcmeError) || error.problem.type !== 'unauthorized') throw error;
    await client.revoke({ ...request, keyPem }, signal);
  }
}

/** A CA without revocation is one that says no. */
async function tried(ask: () => Promise<void>): Promise<void> {
  try {
    await asked('revoke a certificate', ask);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    throw new StepFailure({ reason: 'OrderFailed', message: `The CA cannot revoke: ${error.message}`, cause: error });
  }
}
