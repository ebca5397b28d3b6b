import type { Observed } from './observed.ts';
import type { NewVersion } from './secret.ts';
import { heldVersion } from './secret-seen.ts';
import { type Blocker, blockerOf } from './verdict.ts';

/** A version to be put into the Secret without an order. */
export interface Repair {
  readonly version: NewVersion;
  /** Completes "The Secret is written, because …". */
  readonly why: string;
}

type Basics = Pick<Observed, 'certificate' | 'secret' | 'repairsHeldUntil'>;

/** What is to be put right in a Secret whose certificate is good; undefined where all is as the spec asks. */
export function repairOf({ certificate, secret }: Basics, now: Date): Repair | undefined {
  if (secret.kind !== 'ours' || secret.deviations.length === 0) return undefined;
  const version = heldVersion(certificate, secret, now);
  return version === undefined ? undefined : { version, why: `the spec asks for another ${listOf(secret.deviations)}` };
}

/** Why the Secret is not put right any more for now: somebody changes it back each time. */
export function contest(
  { certificate, secret, repairsHeldUntil }: Basics,
  now: Date,
): { blocker: Blocker; until: Date } | undefined {
  if (repairsHeldUntil === undefined || repairsHeldUntil <= now || secret.kind !== 'ours') return undefined;
  const who = secret.otherManager === undefined ? 'Somebody' : `The field manager ${secret.otherManager}`;
  const message = `${who} keeps changing the Secret ${certificate.secretName} (${listOf(secret.deviations)}). Let only one of the two write it: change what writes it, or give spec.secretName another name. It is put right a few times an hour at most.`;
  return { blocker: blockerOf('SecretContested', message), until: repairsHeldUntil };
}

function listOf(deviations: readonly string[]): string {
  return deviations.join(', ');
}
