import { unexplained } from '../../../api/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import { type IssuerRow, ordersHeldUntil } from '../../issuer-row.ts';
import type { IssuerSeen, Observed } from '../observed.ts';
import type { Blocker } from '../verdict.ts';

/** A CA has a handful of profiles; a condition is to stay readable at any. */
const mostNames = 20;

interface Asking {
  readonly certificate: CertificateRow;
  readonly issuer: IssuerRow | undefined;
  /** Its account can be used, as far as anybody asks for it. */
  readonly isOpen: boolean;
}

/** What the issuer of a Certificate lets it do. Pure. */
export function issuerSeen({ certificate, issuer, isOpen }: Asking, now: Date): IssuerSeen {
  if (issuer === undefined) return { state: 'missing' };
  const ready = issuer.status.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True')
    return { state: 'notReady', message: unexplained(ready?.message ?? 'its account is being made') };
  const heldUntil = ordersHeldUntil(issuer, now);
  // While the key is changed, the one in the Secret may be another than the status tells: that is no news.
  if (!isOpen && heldUntil === undefined) return { state: 'notReady', message: 'its account cannot be used yet' };
  return { state: 'ready', heldUntil, profileProblem: problemOfProfile(certificate, issuer) };
}

/** An order for a profile that the CA does not have is refused again and again: none is placed. */
function problemOfProfile({ spec }: CertificateRow, issuer: IssuerRow): string | undefined {
  const profile = spec.profile ?? issuer.spec.acme.profile;
  const offered = issuer.status.acme?.profiles ?? {};
  if (profile === undefined || Object.hasOwn(offered, profile)) return undefined;
  const names = Object.keys(offered).slice(0, mostNames);
  const whose =
    spec.profile === undefined ? `spec.acme.profile of the ${issuer.key.replace('/', ' ')}` : 'spec.profile';
  const instead = names.length === 0 ? 'It has none: leave it out' : `It has ${names.join(', ')}`;
  return `The CA has no profile "${profile}", which ${whose} asks for. ${instead}. What it has is asked once an hour.`;
}

/** Why nothing can be asked of the CA through the issuer; undefined where it can. */
export function waitingForIssuer({ certificate, issuer }: Observed): Blocker | undefined {
  if (issuer.state === 'missing') {
    const message = `There is no ${certificate.issuerKey.replace('/', ' ')}. Apply it, or correct spec.issuerRef.`;
    return { reason: 'IssuerNotFound', message, stalled: true };
  }
  if (issuer.state === 'notReady') {
    const message = `The ${certificate.issuerKey.replace('/', ' ')} is not ready: ${issuer.message}`;
    return { reason: 'IssuerNotReady', message };
  }
  return undefined;
}
