import type { KubeClient } from '../../../kube/index.ts';
import { readChain } from '../../../pki/index.ts';
import { wasRevoked } from '../memory.ts';
import type { Observed } from '../observed.ts';
import type { Account } from '../order/accounts.ts';
import { chosenChain } from '../order/chain-choice.ts';
import { refusal, storeVersion } from '../order/store-certificate.ts';
import { ownStatusOf } from '../status.ts';
import type { Statuses } from '../statuses.ts';
import { asked, StepFailure } from '../step-failure.ts';
import type { FetchableVersion } from './restore.ts';

interface Fetching {
  readonly seen: Observed;
  readonly account: Account;
  readonly version: FetchableVersion;
}

/**
 * Fetches a certificate of ours from the CA again and puts it back into the Secret. What the CA does not give any more is
 * forgotten, so that the next pass looks for another way.
 *
 * @returns whether it was put back.
 * @throws StepFailure where the CA does not answer, or the API server refuses the Secret.
 */
export async function fetchVersion(
  parts: { client: Pick<KubeClient, 'apply'>; clock: { now(): Date }; statuses: Statuses },
  { seen, account, version }: Fetching,
  signal: AbortSignal,
): Promise<boolean> {
  const chainPem = await chainOf(account, version.certificateURL, seen.preferredChain, signal);
  const { keyPem } = version;
  const names = seen.archive?.intent?.names ?? seen.certificate.names;
  const offered = { pem: chainPem ?? '', nextKeyPem: keyPem, names, seen, cause: 'SecretMissing' } as const;
  if (
    chainPem !== undefined &&
    refusal(offered, parts.clock.now()) === undefined &&
    !wasRevoked(seen.archive?.memory, readChain(chainPem).leaf.fingerprint)
  ) {
    await storeVersion(parts, seen, { ...version, chainPem }, signal);
    return true;
  }
  const { certificateURL: _, ...others } = ownStatusOf(seen.certificate.status);
  await parts.statuses.write(seen.certificate, others, signal);
  return false;
}

/** Undefined where the CA does not know it any more. */
async function chainOf(
  account: Account,
  url: string,
  preferred: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  // The URL stood in a Secret that others may write: with our key nothing but this CA is asked.
  if (URL.parse(url)?.origin !== new URL(account.directoryUrl).origin) return undefined;
  try {
    return await asked('give the certificate', () => chosenChain(account.client, url, preferred, signal));
  } catch (error) {
    if (error instanceof StepFailure && !error.orderLives) return undefined;
    throw error;
  }
}
