/** What is seen of a Certificate for three names of which some may be left out. */
import type { NameProblem } from '../../../../src/controllers/certificate/names.ts';
import type { HostReach, Observed } from '../../../../src/controllers/certificate/observed.ts';
import type { Plan } from '../../../../src/controllers/certificate/plan.ts';
import { reachOf } from '../../../../src/controllers/certificate/reach/reach.ts';
import type { CertificateRow } from '../../../../src/controllers/certificate-row.ts';
import { issued, now, row, secret } from './world.ts';

export const names = ['a.example', 'b.example', 'c.example'];
export const withoutB = ['a.example', 'c.example'];
export const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000);
export const ahead = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000);

/** A Certificate for three names, some of which may be left out. */
export function some(overrides: Partial<CertificateRow> = {}): CertificateRow {
  const { status, ...others } = overrides;
  const spec = { ...row().spec, dnsNames: names, partialIssuance: true };
  return row({ names, spec, status: { observedGeneration: 1, ...status }, ...others });
}

/** How `b.example` fares; the other two lead to us. */
export function reachOfB(b: HostReach['state'], since = ago(3_600)): Observed['reach'] {
  const reached = (host: string): HostReach => ({
    host,
    state: 'reached',
    problem: '',
    since: now,
    retryAt: ahead(60),
  });
  const problem = b === 'failed' ? 'http://b.example answered 404' : '';
  return reachOf(
    [reached('a.example'), { ...reached('b.example'), state: b, problem, since }, reached('c.example')],
    now,
  );
}

export const failing = reachOfB('failed');
export const unreached: NameProblem = {
  name: 'b.example',
  reason: 'NotReachable',
  problem: 'http://b.example answered 404',
};
export const refused = (nextAttemptTime: Date, lastTime = ago(300)): NameProblem => ({
  name: 'b.example',
  reason: 'OrderFailed',
  problem: 'no (caa)',
  count: 1,
  lastTime: lastTime.toISOString(),
  nextAttemptTime: nextAttemptTime.toISOString(),
});
export const failure = (problem: NameProblem) => ({
  count: 3,
  lastTime: problem.lastTime ?? '',
  nextAttemptTime: ahead(6_000).toISOString(),
  reason: 'OrderFailed',
});
export const held = (of: readonly string[], issuedAt = ago(86_400)) =>
  secret({ issuedAt, issued: issued({ names: [...of] }) });

export const orderFor = (next: Plan): readonly string[] | undefined =>
  next.step === 'storeIntent' || next.step === 'placeOrder' ? next.intent.names : undefined;
export const statusOf = (next: Plan) => (next.step === 'recordStatus' ? next.status : {});
export const readyOf = (next: Plan) => statusOf(next).conditions?.find(({ type }) => type === 'Ready');
