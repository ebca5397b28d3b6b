import { annotations, managers } from '../../../api/index.ts';
import { type KubeClient, type KubeObject, secrets } from '../../../kube/index.ts';
import { type Chain, ChainError, readableChain, readChain } from '../../../pki/index.ts';
import { ConflictError } from '../../../runtime/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import type { Observed } from '../observed.ts';
import type { Cause } from '../policies.ts';
import type { RenewalInfos } from '../renewal/renewal-infos.ts';
import { type NewVersion, secretWith } from '../secret/secret.ts';
import type { Statuses } from '../statuses.ts';
import { asked, StepFailure, stored } from '../step-failure.ts';
import { stagingAllowed } from '../verbs/verbs.ts';
import type { Account } from './accounts.ts';
import { chosenChain } from './chain-choice.ts';
import { eachName } from './each-name.ts';
import type { HeldOrder } from './orders.ts';
import { failedAttempts, isLastAttempt } from './patience.ts';

const clockSkewMs = 3_600_000;
/**
 * Pods that start within two seconds before an issuance pass for having read it. Those that had waited for a temporary certificate
 * have just started, and read that: the first certificate says that it came so much later.
 */
const startMarginMs = 2_000;
/** So often is a chain fetched that cannot be read, before its order is given up: a download may be damaged. */
const downloads = 3;

interface Storing {
  readonly seen: Observed;
  readonly account: Account;
  readonly held: HeldOrder;
  readonly cause: Cause;
}

/**
 * Downloads the certificate of a valid order, checks it, and puts it into the Secret (W3).
 *
 * @throws StepFailure where the CA does not give it, or gives one that must not be stored.
 * @throws ConflictError where the Secret is no longer the one that was read.
 */
export async function storeCertificate(
  parts: {
    client: Pick<KubeClient, 'apply'>;
    clock: { now(): Date };
    statuses: Statuses;
    renewalInfos: Pick<RenewalInfos, 'issued'>;
  },
  { seen, account, held, cause }: Storing,
  signal: AbortSignal,
): Promise<void> {
  const { certificate, secret, archive } = seen;
  const url = held.order.certificate;
  if (url === undefined)
    throw new StepFailure({
      reason: 'OrderFailed',
      message: 'The CA says that the order is valid and gives no URL of a certificate',
    });
  const { intent, nextKeyPem } = archive ?? {};
  if (intent === undefined || nextKeyPem === undefined) throw new ConflictError('the archive has lost its intent');
  if (secret.kind === 'ours' && secret.revision >= intent.revision) throw new ConflictError('the Secret is newer');

  const pem = await asked(
    'give the certificate',
    () => chosenChain(account.client, url, seen.preferredChain, signal),
    isLastAttempt(certificate),
  );
  const now = parts.clock.now();
  const problem = refusal({ pem, nextKeyPem, seen, names: intent.names, cause }, now);
  if (problem !== undefined) {
    const inUse = secret.kind === 'ours' && secret.issued !== undefined ? '. The one in use stays' : '';
    const message = `The CA issued a certificate that is not stored: ${problem}${inUse}`;
    const orderLives = readableChain(pem) === undefined && failedAttempts(certificate) < downloads - 1;
    throw new StepFailure({ reason: 'CertificateRefused', message, orderLives });
  }
  askAboutRenewal(parts.renewalInfos, { certificate, account, pem }, signal);
  const isFirst = secret.kind === 'ours' && secret.isTemporary === true;
  const version = {
    revision: intent.revision,
    issuedAt: isFirst ? new Date(now.getTime() + startMarginMs) : now,
    certificateURL: url,
    chainPem: pem,
    keyPem: nextKeyPem,
  };
  await storeVersion(parts, seen, version, signal);
}

/** While the Secret is written the CA is asked when it would like to renew it, so that one write of the status tells of both. */
function askAboutRenewal(
  renewalInfos: Pick<RenewalInfos, 'issued'>,
  { certificate, account, pem }: { certificate: CertificateRow; account: Account; pem: string },
  signal: AbortSignal,
): void {
  const { certID, fingerprint } = readChain(pem).leaf;
  if (certID === undefined || certificate.spec.renewal?.policy === 'Disabled') return;
  renewalInfos.issued({ certificate, certID, fingerprint, client: account.client }, signal);
}

/**
 * Puts a version into the Secret, with all that the spec asks for beside it.
 *
 * @throws StepFailure where the API server refuses it.
 * @throws ConflictError where the Certificate or the Secret is no longer the one that was read.
 */
export async function storeVersion(
  { client, statuses }: { client: Pick<KubeClient, 'apply'>; statuses: Statuses },
  { certificate, secret, passwords }: Pick<Observed, 'certificate' | 'secret' | 'passwords'>,
  version: NewVersion,
  signal: AbortSignal,
): Promise<void> {
  await statuses.confirm(certificate, signal);
  const object = secretWith(certificate, secret, version, passwords);
  const options = { manager: managers.certificate, force: true, signal };
  await stored(certificate.secretName, () => client.apply<KubeObject>(secrets, object, options));
}

/** Why a certificate must not be stored; undefined where it may. */
export function refusal(
  offered: {
    readonly pem: string;
    readonly nextKeyPem: string;
    /** What was ordered. */
    readonly names: readonly string[];
    readonly seen: Pick<Observed, 'certificate' | 'secret'>;
    readonly cause: Cause;
  },
  now: Date,
): string | undefined {
  try {
    return leafRefusal(readChain(offered.pem), offered, now);
  } catch (error) {
    if (error instanceof ChainError) return error.message;
    throw error;
  }
}

function leafRefusal(
  chain: Chain,
  { nextKeyPem, seen, names, cause }: Parameters<typeof refusal>[0],
  now: Date,
): string | undefined {
  const { leaf } = chain;
  const { secret } = seen;
  const replaced = secret.kind === 'ours' ? secret.issued : undefined;
  if (!leaf.hasKey(nextKeyPem)) return 'its key is not the key that was asked for';
  if (new Set(leaf.names).symmetricDifference(new Set(names)).size > 0) {
    return `it names ${eachName(leaf.names)} and not what was asked for`;
  }
  if (leaf.notAfter <= now) return `it expired at ${leaf.notAfter.toISOString()}`;
  if (leaf.notBefore.getTime() > now.getTime() + clockSkewMs)
    return `it is valid only from ${leaf.notBefore.toISOString()}`;
  const broken = chain.brokenAt();
  if (broken !== undefined) return `certificate ${broken} is not issued by certificate ${broken + 1} of its chain`;
  if (replaced === undefined) return undefined;
  const renewal = cause === 'RenewalDue' || cause === 'RenewalRequested';
  if (renewal && leaf.notAfter < replaced.notAfter) return 'it expires earlier than the one that it replaces';
  const isForced = stagingAllowed(seen.certificate) === replaced.fingerprint;
  if (isStaging(leaf.issuer) && !isStaging(replaced.issuer) && !isForced) {
    const { namespace, name } = seen.certificate;
    return `it comes from a staging CA and would replace one that clients trust; to have it so: kubectl annotate evcert -n ${namespace} ${name} --overwrite ${annotations.replaceWithStaging}=${replaced.fingerprint} ${annotations.renew}="$(date -u +%FT%TZ)"`;
  }
  return undefined;
}

/** Let's Encrypt marks the issuers of its staging environment so. */
function isStaging(issuer: string): boolean {
  return issuer.includes('(STAGING)');
}
