import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CertificateStatus } from '../../../../src/api/index.ts';
import { digestOf } from '../../../../src/controllers/reload/digest.ts';
import type { Observed } from '../../../../src/controllers/reload/observed.ts';
import { isSettled, planStatus, type StatusPlan } from '../../../../src/controllers/reload/status.ts';
import { at, certificate, pod, reloaded, secret, seen, workload } from './world.ts';

const now = at(60);
const old = pod('a');
const young = pod('b', { createdAt: at(20), startedAt: at(22) });
const unprobed = workload({ tlsPort: undefined });
const progress = workload().progress;
const rolling = { ...progress, isUpdated: false };
const settledSecret = secret({ isSettled: true });

function statusPlan(workloads: readonly Observed[], status: CertificateStatus = {}, when = now): StatusPlan {
  return planStatus({ certificate: certificate(status), fingerprint: 'new', workloads }, when);
}

function written(next: StatusPlan) {
  assert.equal(next.step, 'write');
  const said = next.status.conditions?.[0];
  return {
    reason: said?.reason,
    status: said?.status,
    message: said?.message ?? '',
    reload: next.status.reload,
    event: next.event,
  };
}

/** The status after the plan was written. */
function after(next: StatusPlan, status: CertificateStatus = {}): CertificateStatus {
  return next.step === 'write' ? { ...status, ...next.status } : status;
}

describe('the reason of the condition Reloaded', () => {
  const cases: readonly (readonly [sentence: string, world: Observed, reason: string | undefined])[] = [
    [
      'Served when every ready pod serves the leaf',
      seen({ pods: [old, young], answers: { a: 'new', b: 'new' } }),
      'Served',
    ],
    ['RollingOut while an old pod serves an earlier leaf', seen({ answers: { a: 'old' } }), 'RollingOut'],
    ['RollingOut while an old pod cannot be asked', seen({ workload: unprobed }), 'RollingOut'],
    [
      'RollingOut until the last pod of the roll-out is available',
      seen({
        workload: workload({ progress: { ...progress, isAvailable: false } }),
        pods: [young],
        answers: { b: 'new' },
      }),
      'RollingOut',
    ],
    [
      'RolledOutUnverified when all pods are younger and cannot be probed',
      seen({ workload: unprobed, pods: [young] }),
      'RolledOutUnverified',
    ],
    [
      'RolledOutUnverified when the port serves another Secret of the workload',
      seen({
        pods: [young],
        secrets: [secret(), secret({ name: 'x', fingerprint: 'other' })],
        answers: { b: 'other' },
      }),
      'RolledOutUnverified',
    ],
    [
      'RolledOutUnverified when it was rolled out and a clock is wrong',
      seen({ workload: { ...unprobed, record: digestOf([secret()]) } }),
      'RolledOutUnverified',
    ],
    [
      'RolledOutUnverified where no pod is wanted',
      seen({ workload: workload({ progress: { ...progress, desired: 0 } }), pods: [] }),
      'RolledOutUnverified',
    ],
    [
      'RolloutFailed when the Deployment exceeded its deadline',
      seen({
        workload: workload({ progress: { ...rolling, isExceeded: true } }),
        pods: [young],
        answers: { b: 'new' },
      }),
      'RolloutFailed',
    ],
    [
      'RolloutFailed when old pods are kept by a failed roll-out',
      seen({ workload: workload({ progress: { ...rolling, isExceeded: true } }), answers: { a: 'old' } }),
      'RolloutFailed',
    ],
    [
      'RolloutFailed when a StatefulSet has made no progress for 10 minutes',
      seen({ workload: workload({ kind: 'StatefulSet', progress: rolling }), pods: [young], answers: { b: 'new' } }),
      'RolloutFailed',
    ],
    [
      'RollingOut when a StatefulSet was changed less than 10 minutes before',
      seen({
        workload: workload({ kind: 'StatefulSet', progress: rolling, changedAt: at(-500) }),
        pods: [young],
        answers: { b: 'new' },
      }),
      'RollingOut',
    ],
    ['NotServed when a younger pod serves another leaf', seen({ pods: [young], answers: { b: 'old' } }), 'NotServed'],
    [
      'NotServed when a paused Deployment keeps old pods',
      seen({ workload: { ...unprobed, hold: 'Paused' } }),
      'NotServed',
    ],
    ['NotServed when OnDelete keeps old pods', seen({ workload: { ...unprobed, hold: 'OnDelete' } }), 'NotServed'],
    [
      'NotServed when nothing is to be reloaded',
      seen({ workload: unprobed, secrets: [secret({ isLeftAlone: true })] }),
      'NotServed',
    ],
    [
      'NotProbed when a probeable pod cannot be reached',
      seen({ pods: [young], answers: { b: 'unreachable' } }),
      'NotProbed',
    ],
    ['not told before the first answer', seen({ answers: { a: 'asked' } }), undefined],
    [
      'not told while an answer may owe to a moment',
      seen({ pods: [young], answers: { b: 'unreachable' }, misses: 2 }),
      undefined,
    ],
    ['not told while no pod is ready', seen({ pods: [] }), undefined],
  ];
  const words: Readonly<Record<string, string>> = { Served: 'True', RolledOutUnverified: 'True', NotProbed: 'Unknown' };
  for (const [sentence, world, reason] of cases) {
    test(`is ${sentence}`, () => {
      // The younger pods of these worlds were created long ago for the deadline's sake.
      const next = statusPlan([{ ...world, youngestPodAt: at(-3_600) }]);
      if (reason === undefined) return assert.equal(next.step, 'rest');
      assert.equal(written(next).reason, reason);
      assert.equal(written(next).status, words[reason] ?? 'False');
    });
  }

  test('is that of the gravest of several workloads', () => {
    const served = seen({ workload: workload({ name: 'other' }), answers: { a: 'new' } });
    const paused = seen({ workload: { ...unprobed, hold: 'Paused' } });
    const { reason, reload, message } = written(statusPlan([served, paused]));
    assert.equal(reason, 'NotServed');
    assert.deepEqual(
      reload?.workloads?.map(({ name, state }) => `${name} ${state}`),
      ['other Served', 'web NotServed'],
    );
    assert.match(message, /Deployment web: pod a still has an earlier certificate; it is paused/);
  });

  test('names the pod and what came in place of an answer', () => {
    const { message } = written(statusPlan([seen({ pods: [young], answers: { b: 'unreachable' } })]));
    assert.match(message, /Deployment web: pod b cannot be asked over TLS: 10\.0\.0\.1:8443 did not answer/);
  });
});

describe('the status of a reload', () => {
  const rollingOut = seen({ workload: workload({ progress: rolling }), pods: [old, young], answers: { a: 'old' } });
  const served = seen({ pods: [young], answers: { b: 'new' } });

  test('is written twice: when it starts and when it has ended, with one Event', () => {
    const first = statusPlan([rollingOut]);
    assert.equal(written(first).event, undefined);
    const status = after(first, certificate().status);
    assert.equal(statusPlan([rollingOut], status).step, 'rest');
    const second = statusPlan([served], status);
    assert.equal(written(second).event, 'Reloaded');
    assert.equal(written(second).reload?.lastTime, '2026-06-01T12:01:00Z');
    const end = after(second, status);
    assert.equal(statusPlan([{ ...served, secrets: [settledSecret] }], end, at(90)).step, 'rest');
  });

  test('does not change when one of several workloads is done before the others', () => {
    const other = { ...rollingOut, workload: { ...rollingOut.workload, name: 'other' } };
    const status = after(statusPlan([other, rollingOut]), certificate().status);
    assert.equal(statusPlan([served, other], status).step, 'rest');
  });

  test('stays True through a roll-out of the user, as long as ready pods serve the leaf', () => {
    const status = { reload: { fingerprint: 'new' }, conditions: [reloaded('Served')] };
    const users = { ...served, workload: workload({ progress: rolling }), secrets: [settledSecret] };
    assert.equal(written(statusPlan([users], status)).reason, 'Served');
  });

  test('stays True when a node of a DaemonSet goes down long after', () => {
    const status = { reload: { fingerprint: 'new' }, conditions: [reloaded('Served')] };
    const outage = workload({ kind: 'DaemonSet', progress: { ...progress, isAvailable: false } });
    const world = { ...served, workload: outage, secrets: [settledSecret], youngestPodAt: at(-3_600) };
    assert.equal(written(statusPlan([world], status)).reason, 'Served');
  });

  test('starts in spite of a node of a DaemonSet that has been down for long', () => {
    const outage = workload({ kind: 'DaemonSet', progress: { ...progress, isAvailable: false } });
    assert.equal(written(statusPlan([seen({ workload: outage, answers: { a: 'old' } })])).reason, 'RollingOut');
  });

  test('is settled for the leaf that it names, and for no other', () => {
    const status = { reload: { fingerprint: 'new' }, conditions: [reloaded('Served')] };
    assert.equal(isSettled(certificate(status), 'new'), true);
    assert.equal(isSettled(certificate(status), 'newer'), false);
    assert.equal(isSettled(certificate({ ...status, conditions: [reloaded('NotServed')] }), 'new'), false);
  });

  test('is rewritten for a new generation, once it is not being issued for', () => {
    const first = after(statusPlan([served]), certificate().status);
    const issuing = { ...reloaded('SpecChanged'), type: 'Issuing', status: 'True' as const };
    const next = { ...first, observedGeneration: 2 };
    const world = [{ ...served, secrets: [settledSecret] }];
    assert.equal(statusPlan(world, { ...next, conditions: [...(next.conditions ?? []), issuing] }).step, 'rest');
    const plan = statusPlan(world, next);
    assert.equal(plan.step === 'write' && plan.status.conditions?.[0]?.observedGeneration, 2);
    assert.equal(plan.step === 'write' && plan.event, undefined);
  });

  test('is not written before the own status of the Certificate speaks of the leaf', () => {
    assert.equal(statusPlan([served], { fingerprint: 'previous' }).step, 'rest');
  });

  test('is nothing at all without consumers', () => {
    assert.deepEqual(statusPlan([]), { step: 'rest', until: undefined });
  });

  test('is taken away when the last consumer has gone', () => {
    const status = { reload: { fingerprint: 'new' }, conditions: [reloaded('Served')] };
    assert.deepEqual(statusPlan([], status), { step: 'write', status: {}, event: undefined });
  });

  test('publishes a failure once', () => {
    const failed = seen({ workload: workload({ progress: { ...rolling, isExceeded: true } }), pods: [young] });
    const first = statusPlan([failed]);
    assert.equal(written(first).event, 'RolloutFailed');
    assert.equal(statusPlan([failed], after(first, certificate().status)).step, 'rest');
  });

  test('is looked at again when the deadline of a StatefulSet has passed', () => {
    const set = workload({ kind: 'StatefulSet', progress: rolling, changedAt: at(10) });
    const world = seen({ workload: set, pods: [young], answers: { b: 'new' } });
    const status = after(statusPlan([world]), certificate().status);
    assert.deepEqual(statusPlan([world], status), { step: 'rest', until: at(620) });
  });

  test('holds nothing that is not its own', () => {
    const plan = statusPlan([served]);
    assert.deepEqual(plan.step === 'write' && Object.keys(plan.status).toSorted(), ['conditions', 'reload']);
    assert.deepEqual(plan.step === 'write' && plan.status.conditions?.map(({ type }) => type), ['Reloaded']);
  });
});
