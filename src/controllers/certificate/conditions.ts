import { type Condition, condition, explained, type Reason } from '../../api/index.ts';
import { printable } from '../../runtime/index.ts';
import { type NameProblem, problemsOf } from './names.ts';
import type { Issued, Observed, Reach } from './observed.ts';
import { eachName, eachProblem } from './order/each-name.ts';
import { satisfies } from './policies.ts';
import { wordsOn } from './reach/reach.ts';
import { isRevoked } from './verbs/revocation.ts';
import { annotationWords, revokedWords, rolledBackWords, type Words } from './verbs/verb-conditions.ts';
import type { Verdict } from './verdict.ts';

/** The conditions that follow from a pass. Messages hold no time of the pass, so that nothing new means nothing to write. */
export function conditionsOf(seen: Observed, now: Date, verdict: Verdict): Condition[] {
  const { status: previous, generation } = seen.certificate;
  const reachable = reachableWords(seen.reach) ?? recorded(seen, 'Reachable');
  const words: readonly (readonly [type: string, words: Words | undefined])[] = [
    ['Ready', readyWords(seen, now, verdict)],
    ['Reachable', reachable],
    ['Issuing', issuingWords(verdict)],
    ['Reconciling', reconcilingWords(seen, now, verdict)],
    ['Stalled', stalledWords(verdict)],
    ['RolledBack', rolledBackWords(seen, now)],
    ['Revoked', revokedWords(seen, now)],
    ['AnnotationInvalid', annotationWords(seen)],
  ];
  return words.flatMap(([type, known]) => {
    if (known === undefined) return [];
    const [status, reason, message] = known;
    return [condition(previous.conditions, { type, status, reason, message, observedGeneration: generation }, now)];
  });
}

/** Ready: the Secret holds a certificate that is valid, matches the spec and its key. A renewal does not change it. */
function readyWords(seen: Observed, now: Date, { blocker, cause }: Verdict): Words {
  const { certificate, secret } = seen;
  if (secret.kind === 'ours' && secret.issued !== undefined && isMet(seen, now)) {
    const until = secret.issued.notAfter.toISOString().slice(0, 10);
    const holds = `The Secret ${certificate.secretName} holds a certificate that is valid until ${until}`;
    const chain = chainWords(seen, secret.issued);
    const missing = missingNames(seen, now);
    if (missing.length === 0) return ['True', 'Issued', `${holds}.${chain}`];
    const left = `${holds}, for ${secret.issued.names.length} of ${certificate.names.length} names. Left out: ${eachProblem(missing)}.${chain}`;
    return ['True', 'IssuedPartially', explained('IssuedPartially', left)];
  }
  if (secret.kind === 'ours' && secret.isTemporary === true) {
    const message = `The certificate in the Secret ${certificate.secretName} is a temporary one, which clients do not trust; it stays until the first one is issued.`;
    return ['False', 'TemporaryCertificate', explained('TemporaryCertificate', message)];
  }
  if (blocker !== undefined) return ['False', blocker.reason, explained(blocker.reason, blocker.message)];
  if (cause?.cause === 'Expired' || cause?.cause === 'CertificateRevoked') {
    return ['False', cause.cause, explained(cause.cause, `Being replaced: ${cause.why}.`)];
  }
  return ['False', 'Issuing', `A certificate is being issued, because ${cause?.why ?? 'there is none yet'}.`];
}

/** That the chain in use is not the one that was asked for, which no CA has to offer. */
function chainWords({ preferredChain }: Observed, { issuerNames }: Issued): string {
  if (preferredChain === undefined || issuerNames.includes(preferredChain)) return '';
  const names = printable(issuerNames.filter((name) => name !== '').join(', '), 300);
  return ` Its chain has no issuer "${preferredChain}", which preferredChain asks for, but ${names}: either the CA offers no such chain, or it was asked for since; then it is taken with the next renewal.`;
}

function isMet(seen: Observed, now: Date): boolean {
  return satisfies(seen.certificate, seen.secret, now) && !isRevoked(seen);
}

/** Reachable: every name's challenge path leads to our responder. Unknown keeps what was known. */
function reachableWords(reach: Reach): Words | undefined {
  switch (reach.state) {
    case 'reached':
      return ['True', 'Reached', 'Every name leads to the responder.'];
    case 'failed':
      return ['False', 'NotReachable', explained('NotReachable', wordsOn(reach))];
    case 'unknown':
      return undefined;
  }
}

function issuingWords({ blocker, cause }: Verdict): Words {
  if (blocker !== undefined) return ['False', blocker.reason, explained(blocker.reason, blocker.message)];
  if (cause !== undefined) return ['True', cause.cause, `An order is placed, because ${cause.why}.`];
  return ['False', 'Issued', 'Nothing is to be issued now.'];
}

/** Reconciling: a new generation is unmet, and nobody is needed for it (kstatus). */
function reconcilingWords(seen: Observed, now: Date, { blocker }: Verdict): Words {
  const met = isMet(seen, now);
  const missing = met ? missingNames(seen, now).map(({ name }) => name) : [];
  if (missing.length > 0) {
    return [
      'False',
      'IssuedPartially',
      `The Secret holds what can be had of what the spec asks for; left out: ${eachName(missing)}.`,
    ];
  }
  if (met) return ['False', 'Reconciled', 'The Secret holds what the spec asks for.'];
  if (blocker?.stalled === true) return ['False', blocker.reason, explained(blocker.reason, blocker.message)];
  return ['True', 'NewGeneration', 'There is no certificate yet for what the spec asks for.'];
}

/** Stalled: a person is needed. Absent where not (kstatus). */
function stalledWords({ blocker }: Verdict): Words | undefined {
  return blocker?.stalled === true ? ['True', blocker.reason, explained(blocker.reason, blocker.message)] : undefined;
}

/** What is wrong with the names that the certificate in use lacks. */
function missingNames(seen: Observed, now: Date): readonly NameProblem[] {
  const held = new Set(seen.secret.kind === 'ours' ? seen.secret.issued?.names : []);
  return problemsOf(seen, now).filter(({ name }) => !held.has(name));
}

function recorded({ certificate }: Observed, type: string): Words | undefined {
  const found = certificate.status.conditions?.find((one) => one.type === type);
  return found === undefined ? undefined : [found.status, found.reason as Reason, found.message];
}
