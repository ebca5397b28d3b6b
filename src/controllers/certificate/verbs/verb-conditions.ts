import { annotations, type Condition, explained, type Reason } from '../../../api/index.ts';
import type { Observed } from '../observed.ts';
import { emergencyOf } from '../renewal/renewal-time.ts';
import { isRevoked, type Revocation, revocationOf, unrevokedSentence } from './revocation.ts';
import { rollbackOf } from './rollback.ts';
import { revocationAsked, rollbackAsked, unreadVerbs } from './verbs.ts';

/** What a condition says. */
export type Words = readonly [status: Condition['status'], reason: Reason, message: string];

/**
 * RolledBack: the Secret holds the certificate that the annotation names, and its renewal is held. Absent without the
 * annotation, and while it is being carried out.
 */
export function rolledBackWords(seen: Observed, now: Date): Words | undefined {
  const { certificate, secret } = seen;
  const rollback = rollbackOf(seen, now);
  const { fingerprint = '' } = rollbackAsked(certificate) ?? {};
  switch (rollback?.state) {
    case 'held': {
      const issued = secret.kind === 'ours' ? secret.issued : undefined;
      const until = issued === undefined ? '' : new Date(emergencyOf(issued)).toISOString().slice(0, 10);
      const message = `The Secret ${certificate.secretName} holds the certificate ${fingerprint}. It is not renewed before ${until}, unless the annotation ${annotations.rollback} is removed, or ${annotations.renew} asks for a renewal since.`;
      return ['True', 'RolledBack', message];
    }
    case 'superseded': {
      const message = `The certificate ${fingerprint} was put back at ${rollback.at.toISOString()}, and has been replaced since. To have it back once more, add the time to the annotation: ${annotations.rollback}="${fingerprint}@$(date -u +%FT%TZ)"`;
      return ['False', 'RollbackSuperseded', explained('RollbackSuperseded', message)];
    }
    case 'refused':
      return ['False', 'RollbackRefused', explained('RollbackRefused', rollback.why)];
    case 'toArchive':
    case 'toStore':
    case undefined:
      return undefined;
  }
}

/** Revoked: the certificate that the annotation names is revoked; also without it, while the Secret holds one that is. */
export function revokedWords(seen: Observed, now: Date): Words | undefined {
  const revocation = revocationOf(seen, now);
  if (revocation !== undefined) return wordsOn(seen, revocation);
  if (!isRevoked(seen)) return undefined;
  return ['True', 'Revoked', 'The certificate in the Secret is revoked, and is being replaced.'];
}

function wordsOn({ certificate, unrevoked }: Observed, revocation: Revocation): Words {
  const asked = revocationAsked(certificate);
  const { fingerprint = '' } = asked ?? {};
  const which = `The certificate ${fingerprint}`;
  const refused = (message: string): Words => ['False', 'RevocationRefused', explained('RevocationRefused', message)];
  const pending = (message: string): Words => ['False', 'RevocationPending', explained('RevocationPending', message)];
  switch (revocation.state) {
    case 'done':
      return ['True', 'Revoked', `${which} is revoked (${revocation.reason}).`];
    case 'unknown':
      return refused(
        `Neither the Secret ${certificate.secretName} nor its archive has the certificate ${fingerprint}. Nothing is revoked: remove the annotation ${annotations.revoke}, or let it name one of status.fingerprint and status.history.`,
      );
    case 'expired':
      return refused(`${which} expired at ${revocation.at.toISOString()}, so there is nothing to revoke.`);
    case 'toReplace':
      return pending(`${which} is revoked once another one is issued and served in its place.`);
    case 'waiting':
      return pending(waitingSentence(which, revocation.until));
    case 'due':
      if (asked === undefined || unrevoked === undefined) return pending(`${which} is being revoked.`);
      return (unrevoked.refused ? refused : pending)(`${unrevokedSentence(asked)}${unrevoked.why}.`);
    case 'refused':
      return refused(revocation.message);
  }
}

function waitingSentence(which: string, until: Date | undefined): string {
  const when = until === undefined ? '' : `, at ${until.toISOString()} at the latest`;
  return `${which} is revoked once every workload serves the one that replaces it${when}.`;
}

/** AnnotationInvalid: an annotation asks for nothing that can be understood. Absent where not. */
export function annotationWords({ certificate }: Observed): Words | undefined {
  const unread = unreadVerbs(certificate);
  if (unread.length === 0) return undefined;
  return ['True', 'AnnotationInvalid', explained('AnnotationInvalid', unread.join(' '))];
}
