import type { Observed } from '../observed.ts';

type Revisions = Pick<Observed, 'certificate' | 'secret' | 'archive'>;

/** The newest revision that a Secret of this Certificate is known to have held, also one that was deleted since. */
export function reachedRevision({ certificate, secret }: Omit<Revisions, 'archive'>): number {
  return Math.max(secret.kind === 'ours' ? secret.revision : 0, certificate.status.revision ?? 0);
}

/** One more than every revision that is known of. */
export function nextRevision(seen: Revisions): number {
  const { intent, history = [], memory } = seen.archive ?? {};
  const putBack = [...(memory?.values() ?? [])].map((remembered) => remembered.putBack?.revision ?? 0);
  const archived = [intent?.revision ?? 0, ...history.map(({ revision }) => revision), ...putBack];
  return Math.max(reachedRevision(seen), ...archived) + 1;
}
