import { type AcmeClient, AcmeError } from '../../../acme/index.ts';
import { type Chain, readableChain } from '../../../pki/index.ts';
import { TransientError } from '../../../runtime/index.ts';

/** No known CA offers more than two beside the first. */
const mostAlternates = 4;

/**
 * The chain of a certificate, PEM: of those on offer the one that has `preferred` closest to its root among the common names
 * of its issuers; the first where none has it. What is not that certificate's, or cannot be had, is passed over: a chain is
 * no reason to go without a certificate. The first is returned unread.
 *
 * @throws what `AcmeClient.certificate` throws for the first.
 */
export async function chosenChain(
  client: Pick<AcmeClient, 'certificate'>,
  url: string,
  preferred: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { chain: first, alternates } = await client.certificate(url, signal);
  const read = readableChain(first);
  if (preferred === undefined || read === undefined) return first;
  let best = { pem: first, distance: distanceOf(read, preferred) };
  for (const alternate of alternates.slice(0, mostAlternates)) {
    if (best.distance === 0) break;
    const pem = await fetched(client, alternate, signal);
    const other = pem === undefined ? undefined : readableChain(pem);
    if (pem === undefined || other?.leaf.fingerprint !== read.leaf.fingerprint || other.brokenAt() !== undefined)
      continue;
    const distance = distanceOf(other, preferred);
    if (distance < best.distance) best = { pem, distance };
  }
  return best.pem;
}

/** How far below the root a chain has an issuer of this common name; infinite where it has none. */
function distanceOf({ issuerNames }: Chain, preferred: string): number {
  const at = issuerNames.lastIndexOf(preferred);
  return at < 0 ? Number.POSITIVE_INFINITY : issuerNames.length - 1 - at;
}

async function fetched(
  client: Pick<AcmeClient, 'certificate'>,
  url: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await client.certificate(url, signal)).chain;
  } catch (error) {
    if (error instanceof AcmeError || error instanceof TransientError) return undefined;
    throw error;
  }
}
