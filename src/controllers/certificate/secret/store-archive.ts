import { managers } from '../../../api/index.ts';
import { type KubeClient, type KubeObject, secrets } from '../../../kube/index.ts';
import { remembering } from '../memory.ts';
import type { Observed } from '../observed.ts';
import type { Statuses } from '../statuses.ts';
import { stored } from '../step-failure.ts';
import { thumbprintOf } from '../verbs/compromised.ts';
import type { Doomed } from '../verbs/revocation.ts';
import type { Revocations } from '../verbs/revocations.ts';
import { type ArchiveContent, archiveWith, contentOf } from './archive.ts';

interface Hands {
  readonly client: Pick<KubeClient, 'apply'>;
  readonly clock: { now(): Date };
  readonly statuses: Pick<Statuses, 'confirm'>;
  readonly revocations: Pick<Revocations, 'revoke'>;
}

/**
 * Writes the whole of the archive (W1).
 *
 * @throws StepFailure where the API server refuses it.
 * @throws ConflictError where the Certificate or the archive is no longer the one that was read.
 */
export async function storeArchive(
  { client, statuses }: Pick<Hands, 'client' | 'statuses'>,
  seen: Observed,
  content: ArchiveContent,
  signal: AbortSignal,
): Promise<void> {
  await statuses.confirm(seen.certificate, signal);
  await write(client, seen, content, signal);
}

/**
 * Has a certificate revoked, and remembers it right after in the archive: whoever does not hear of it asks once more, and the CA
 * says that it is done. What the CA does not do is remembered by `revocations` alone.
 *
 * @throws ConflictError where the Certificate or the archive is no longer the one that was read.
 */
export async function revoke(hands: Hands, seen: Observed, doomed: Doomed, signal: AbortSignal): Promise<void> {
  const { fingerprint, reason, keyPem } = doomed;
  await hands.statuses.confirm(seen.certificate, signal);
  if (!(await hands.revocations.revoke(seen.certificate, doomed, signal))) return;
  const { memory, ...content } = contentOf(seen.archive);
  const key = reason === 'keyCompromise' ? thumbprintOf(keyPem) : undefined;
  const revoked = { at: hands.clock.now(), reason, ...(key === undefined ? {} : { key }) };
  await write(hands.client, seen, { ...content, memory: remembering(memory, fingerprint, { revoked }) }, signal);
}

async function write(
  client: Hands['client'],
  seen: Observed,
  content: ArchiveContent,
  signal: AbortSignal,
): Promise<void> {
  const object = archiveWith(seen, content);
  const options = { manager: managers.certificate, force: true, signal };
  await stored(object.metadata.name, () => client.apply<KubeObject>(secrets, object, options));
}
