import { type CertificateStatus, type Condition, condition, explained, isTrue, timestamp } from '../../api/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { Observed } from './observed.ts';
import { earliest } from './plan.ts';
import { type Verdict, verdictOf, type WorkloadState } from './verdict.ts';

/** The part of a Certificate's status that this controller owns; empty where nothing consumes its Secret. */
export type OwnStatus = Pick<CertificateStatus, 'reload' | 'conditions'>;

/** Reasons of Events about a Certificate. */
export type ReloadEvent = 'Reloaded' | 'RolloutFailed';

/** What is to become of the status of a Certificate. */
export type StatusPlan =
  | { readonly step: 'write'; readonly status: OwnStatus; readonly event: ReloadEvent | undefined }
  | { readonly step: 'rest'; readonly until: Date | undefined };

/** What {@link planStatus} judges. */
export interface Consumers {
  readonly certificate: CertificateRow;
  /** SHA-256 of the leaf in its Secret; `undefined` while there is none. */
  readonly fingerprint: string | undefined;
  /** The workloads that consume its Secret, sorted by key. */
  readonly workloads: readonly Observed[];
}

/** More workloads than the schema admits are summed up in the condition alone. */
const mostWorkloads = 100;

type State = WorkloadState['state'];

/** From the gravest on: the reason of the whole is that of its gravest part. */
const gravest: readonly State[] = [
  'RolloutFailed',
  'NotServed',
  'RollingOut',
  'NotProbed',
  'RolledOutUnverified',
  'Served',
];

const statusWords: Readonly<Record<State, Condition['status']>> = {
  RolloutFailed: 'False',
  NotServed: 'False',
  RollingOut: 'False',
  NotProbed: 'Unknown',
  RolledOutUnverified: 'True',
  Served: 'True',
};

const sentences: Readonly<Record<State, string>> = {
  RolloutFailed: 'A roll-out failed; pods may still serve an earlier certificate.',
  NotServed: 'A pod serves an earlier certificate.',
  RollingOut: 'Pods are being replaced, so that all of them read the new certificate.',
  NotProbed: 'All pods were replaced, but not all of them could be asked what they serve.',
  RolledOutUnverified:
    'Every ready pod started after the certificate was issued; what they serve could not be checked.',
  Served: 'Every ready pod serves the certificate.',
};

/**
 * Whether the status says already that this leaf has reached the workloads. From then on a pod that cannot be asked, or a
 * roll-out of the user's, takes nothing back; only a pod that serves another leaf does.
 */
export function isSettled({ status }: CertificateRow, fingerprint: string): boolean {
  const reason = reloadedOf(status)?.reason;
  const settled = reason === 'Served' || reason === 'RolledOutUnverified' || reason === 'NotProbed';
  return settled && status.reload?.fingerprint === fingerprint;
}

/**
 * Decides what the status is to say. Pure. Writes on change only; and only once the Certificate's own status speaks of the
 * leaf in the Secret, because that write is about to come and ours would make it a conflict.
 */
export function planStatus({ certificate, fingerprint, workloads }: Consumers, now: Date): StatusPlan {
  const { status } = certificate;
  if (fingerprint === undefined || status.fingerprint !== fingerprint) return { step: 'rest', until: undefined };
  if (workloads.length === 0) return hasOwn(status) ? write({}) : { step: 'rest', until: undefined };

  const verdicts = workloads.map((seen) => [seen, verdictFor(seen, certificate.spec.secretName, now)] as const);
  const until = earliest(verdicts.map(([, verdict]) => verdict.until));
  const worst = gravest.find((state) => verdicts.some(([, verdict]) => verdict.state === state));
  const isOpen = verdicts.some(([, { state }]) => state === 'Unknown');
  const reason = worst ?? (isOpen ? undefined : 'RolledOutUnverified');
  if (reason === undefined || (isOpen && statusWords[reason] !== 'False')) return { step: 'rest', until };

  const states = verdicts.flatMap(([seen, verdict]) => stateOf(seen, verdict, reason) ?? []);
  const next = statusOf({ certificate, fingerprint, states, reason }, now);
  return isSame(certificate, next) ? { step: 'rest', until } : write(next, eventOf(certificate, fingerprint, reason));
}

function verdictFor(seen: Observed, secretName: string, now: Date): Verdict {
  const secret = seen.secrets.find(({ name }) => name === secretName);
  return secret === undefined ? { state: 'Unknown' } : verdictOf(seen, secret, now);
}

function stateOf({ workload }: Observed, { state, problem }: Verdict, reason: State): WorkloadState | undefined {
  const told = state === 'Unknown' && reason === 'RollingOut' ? reason : state;
  if (told === 'Unknown' || told === 'Idle') return undefined;
  return { kind: workload.kind, name: workload.name, state: told, ...(problem === undefined ? {} : { problem }) };
}

interface Finding {
  readonly certificate: CertificateRow;
  readonly fingerprint: string;
  readonly states: readonly WorkloadState[];
  readonly reason: State;
}

function statusOf({ certificate, fingerprint, states, reason }: Finding, now: Date): OwnStatus {
  const { status, generation } = certificate;
  const previous = status.reload?.fingerprint === fingerprint ? status.reload : undefined;
  const hasArrived = statusWords[reason] === 'True';
  const lastTime = hasArrived ? (previous?.lastTime ?? timestamp(now)) : previous?.lastTime;
  const next = {
    type: 'Reloaded',
    status: statusWords[reason],
    reason,
    message: messageOf(reason, states),
    observedGeneration: status.observedGeneration ?? generation,
  };
  return {
    conditions: [condition(status.conditions, next, now)],
    reload: {
      fingerprint,
      ...(lastTime === undefined ? {} : { lastTime }),
      workloads: states.slice(0, mostWorkloads),
    },
  };
}

function messageOf(reason: State, states: readonly WorkloadState[]): string {
  const told = states.filter(({ state, problem }) => state === reason && problem !== undefined);
  const problems = told.slice(0, 5).map(({ kind, name, problem }) => `${kind} ${name}: ${problem ?? ''}`);
  const rest = told.length > problems.length ? [`and ${told.length - problems.length} more`] : [];
  const message = [sentences[reason], ...(problems.length === 0 ? [] : [`${[...problems, ...rest].join('; ')}.`])].join(
    ' ',
  );
  return statusWords[reason] === 'True' || reason === 'RollingOut' ? message : explained(reason, message);
}

function eventOf(certificate: CertificateRow, fingerprint: string, reason: State): ReloadEvent | undefined {
  const before = reloadedOf(certificate.status)?.reason;
  if (reason === 'RolloutFailed') return before === reason ? undefined : reason;
  return statusWords[reason] === 'True' && !isSettled(certificate, fingerprint) ? 'Reloaded' : undefined;
}

/**
 * While workloads are rolled out, one of them that is done before the others makes no write: the status tells of the start
 * and of the end. A new generation alone is written once nothing is being issued for it: before, a write would only get in
 * the way of the Certificate's own.
 */
function isSame({ status }: CertificateRow, next: OwnStatus): boolean {
  const isUnderWay =
    next.conditions?.[0]?.reason === 'RollingOut' && status.reload?.fingerprint === next.reload?.fingerprint;
  const sameParts = isUnderWay || canonical(status.reload) === canonical(next.reload);
  return sameParts && isSameCondition(reloadedOf(status), next.conditions?.[0], isTrue(status.conditions, 'Issuing'));
}

/** The status follows from the reason, and the time from the status. */
function isSameCondition(before: Condition | undefined, after: Condition | undefined, isIssuing: boolean): boolean {
  const sameGeneration = isIssuing || before?.observedGeneration === after?.observedGeneration;
  return sameGeneration && before?.reason === after?.reason && before?.message === after?.message;
}

function canonical(reload: CertificateStatus['reload']): string {
  const { fingerprint, lastTime, workloads = [] } = reload ?? {};
  const parts = workloads.map(({ kind, name, state, problem }) => [kind, name, state, problem]);
  return JSON.stringify([fingerprint, lastTime, parts]);
}

function hasOwn(status: CertificateStatus): boolean {
  return status.reload !== undefined || reloadedOf(status) !== undefined;
}

function reloadedOf({ conditions }: CertificateStatus): Condition | undefined {
  return conditions?.find(({ type }) => type === 'Reloaded');
}

function write(status: OwnStatus, event?: ReloadEvent): StatusPlan {
  return { step: 'write', status, event };
}
