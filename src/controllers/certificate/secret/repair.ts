import { annotations, type Reason } from '../../../api/index.ts';
import type { Observed } from '../observed.ts';
import { blockerOf, type Held } from '../verdict.ts';
import type { NewVersion } from './secret.ts';
import { heldVersion } from './secret-seen.ts';

/** A version to be put into the Secret without an order. */
export interface Repair {
  readonly step: 'storeVersion';
  readonly version: NewVersion;
  /** Of the Event that tells of it. */
  readonly reason: Reason;
  /** Completes "The Secret was written, because …". */
  readonly why: string;
}

type Basics = Pick<Observed, 'certificate' | 'secret' | 'repairsHeldUntil'>;

/** What is to be put right in a Secret whose certificate is good; undefined where all is as the spec asks. */
export function repairOf({ certificate, secret }: Basics, now: Date): Repair | undefined {
  if (secret.kind !== 'ours' || secret.deviations.length === 0) return undefined;
  const version = heldVersion(certificate, secret, now);
  if (version === undefined) return undefined;
  if (secret.isAdopted) {
    return {
      step: 'storeVersion',
      version,
      reason: 'SecretAdopted',
      why: `its owner has handed it over by ${annotations.adopt}`,
    };
  }
  const why = `the spec asks for another ${listOf(secret.deviations)}`;
  return { step: 'storeVersion', version, reason: 'SecretRepaired', why };
}

/** Why the Secret is not put right any more for now: somebody changes it back each time. */
export function contest({ certificate, secret, repairsHeldUntil }: Basics, now: Date): Held | undefined {
  if (repairsHeldUntil === undefined || repairsHeldUntil <= now) return undefined;
  const { otherManager, deviations = [] } = secret.kind === 'ours' ? secret : {};
  const who = otherManager === undefined ? 'Somebody' : `The field manager ${otherManager}`;
  const does = secret.kind === 'absent' ? 'deleting' : 'changing';
  const what = deviations.length === 0 ? '' : ` (${listOf(deviations)})`;
  const message = `${who} keeps ${does} the Secret ${certificate.secretName}${what}. Let only one of the two write it: change what writes it, or give spec.secretName another name. It is put right a few times an hour at most.`;
  return { blocker: blockerOf('SecretContested', message), until: repairsHeldUntil };
}

function listOf(deviations: readonly string[]): string {
  return deviations.join(', ');
}
