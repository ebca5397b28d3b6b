import { type AcmeClient, AcmeError } from '../../acme/index.ts';
import { StepFailure } from './step-failure.ts';

/**
 * Asks for an order with a profile. A CA that does not have it says so in its own words; what it has stands in its directory
 * (draft-ietf-acme-profiles).
 *
 * @throws StepFailure that names the profiles on offer, where the CA refuses this one.
 */
export async function withProfile<T>(
  client: Pick<AcmeClient, 'directory'>,
  profile: string | undefined,
  ask: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AcmeError) || error.problem.type !== 'invalidProfile') throw error;
    const offered = Object.keys((await client.directory(signal)).profiles);
    const advice =
      offered.length === 0
        ? 'It offers none: leave spec.profile out, and spec.acme.profile of the issuer'
        : `Set spec.profile, or spec.acme.profile of the issuer, to one that it offers: ${offered.join(', ')}`;
    const message = `The CA does not issue by the profile ${profile ?? 'that is its default'}: ${error.problem.detail}. ${advice}`;
    throw new StepFailure({ reason: 'OrderFailed', message, cause: error });
  }
}
