import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { digestOf } from '../../../../src/controllers/reload/digest.ts';
import type { Observed } from '../../../../src/controllers/reload/observed.ts';
import { plan } from '../../../../src/controllers/reload/plan.ts';
import { at, pod, secret, seen, workload } from './world.ts';

const old = pod('a');
const young = pod('b', { createdAt: at(20), startedAt: at(22) });
const digest = digestOf([secret()]);
const later = at(60);
const unprobed = workload({ tlsPort: undefined });
const progress = workload().progress;

describe('the plan of a workload', () => {
  const rollOut = 'rollOut';
  const rest = 'rest';
  const cases: readonly (readonly [sentence: string, world: Observed, step: string, now?: Date])[] = [
    ['asks a ready pod what it serves, before anything else', seen({}), 'probe'],
    ['waits for the answer', seen({ answers: { a: 'asked' } }), rest],
    ['rolls out pods that serve an earlier leaf', seen({ answers: { a: 'old' }, answeredAt: at(59) }), rollOut],
    [
      'takes the first answer of an old pod for true',
      seen({ answers: { a: 'old' }, misses: 1, answeredAt: at(59) }),
      rollOut,
    ],
    [
      'leaves pods alone that started earlier and serve the new leaf: they reload by themselves',
      seen({ answers: { a: 'new' } }),
      rest,
    ],
    [
      'leaves a pod alone that serves another leaf, but started after the issuance',
      seen({ pods: [young], answers: { b: 'old' }, answeredAt: at(59) }),
      rest,
    ],
    [
      'rolls out when one pod of several is old',
      seen({ pods: [old, young], answers: { a: 'old', b: 'new' }, answeredAt: at(59) }),
      rollOut,
    ],
    ['falls back on the start time where there is no TLS port', seen({ workload: unprobed }), rollOut],
    [
      'falls back on the start time where no pod can be reached',
      seen({ answers: { a: 'unreachable' }, answeredAt: at(59) }),
      rollOut,
    ],
    [
      'does not take one unanswered probe for an answer',
      seen({ answers: { a: 'unreachable' }, misses: 1, answeredAt: at(59) }),
      rest,
    ],
    [
      'falls back on the start time where the port serves another Secret of the workload under the name',
      seen({
        secrets: [secret(), secret({ name: 'x', fingerprint: 'other', issuedAt: at(-9_000) })],
        answers: { a: 'other' },
        answeredAt: at(59),
      }),
      rollOut,
    ],
    [
      'trusts what the status recorded where a pod cannot be asked',
      seen({ secrets: [secret({ isSettled: true })], answers: { a: 'unreachable' }, answeredAt: at(59) }),
      rest,
    ],
    [
      'trusts what the status recorded where the pods cannot be probed',
      seen({ workload: unprobed, secrets: [secret({ isSettled: true })] }),
      rest,
    ],
    [
      'rolls out when a pod is proven to serve an earlier leaf in spite of the status',
      seen({ secrets: [secret({ isSettled: true })], answers: { a: 'old' }, answeredAt: at(59) }),
      rollOut,
    ],
    [
      'counts a start 2 s before the issuance as earlier',
      seen({ workload: unprobed, pods: [pod('a', { startedAt: at(-2) })] }),
      rollOut,
    ],
    [
      'does not count a start less than 2 s before it',
      seen({ workload: unprobed, pods: [pod('a', { startedAt: at(-1.9) })] }),
      rest,
    ],
    ['does nothing without ready pods', seen({ pods: [] }), rest],
    [
      'does nothing for a pod started after the issuance, whatever the annotation: undone',
      seen({ workload: { ...unprobed, record: 'undone' }, pods: [young] }),
      rest,
    ],
    [
      'does nothing for a pod started after the issuance, whatever the annotation: dropped',
      seen({ workload: unprobed, pods: [young] }),
      rest,
    ],
    ['makes one roll-out for a set of leaves and no second', seen({ workload: { ...unprobed, record: digest } }), rest],
    [
      'waits for a roll-out that is in progress',
      seen({ workload: { ...unprobed, progress: { ...progress, isUpdated: false } } }),
      rest,
    ],
    [
      'waits while the last pods of a roll-out become available',
      seen({ workload: { ...unprobed, progress: { ...progress, isAvailable: false } } }),
      rest,
    ],
    [
      'does not pile a roll-out on one that failed',
      seen({ workload: { ...unprobed, progress: { ...progress, isUpdated: false, isExceeded: true } } }),
      rest,
    ],
    [
      'rolls out a DaemonSet one of whose nodes has been down for long',
      seen({ workload: { ...unprobed, kind: 'DaemonSet', progress: { ...progress, isAvailable: false } } }),
      rollOut,
    ],
    ['does not fight a pause', seen({ workload: { ...unprobed, hold: 'Paused' } }), rest],
    ['does not fight OnDelete', seen({ workload: { ...unprobed, hold: 'OnDelete' } }), rest],
    ['does not fight a partition', seen({ workload: { ...unprobed, hold: 'Partition' } }), rest],
    ['leaves a workload alone that is being deleted', seen({ workload: { ...unprobed, deleting: true } }), rest],
    [
      'leaves a Secret alone whose strategy is None',
      seen({ workload: unprobed, secrets: [secret({ isLeftAlone: true })] }),
      rest,
    ],
    ['waits until no Secret was renewed for 3 s', seen({ workload: unprobed }), rest, at(2.9)],
    ['rolls out when no Secret was renewed for 3 s', seen({ workload: unprobed }), rollOut, at(3)],
    [
      'waits for the latest of several Secrets',
      seen({ workload: unprobed, secrets: [secret(), secret({ name: 'x', issuedAt: at(2) })] }),
      rest,
      at(4),
    ],
    [
      'does not wait for an issuance that a wrong clock puts far ahead',
      seen({ workload: unprobed, secrets: [secret({ issuedAt: at(9_000) })] }),
      rollOut,
    ],
    [
      'asks again after 10 minutes what a pod serves',
      seen({ answers: { a: 'new' }, answeredAt: at(0) }),
      'probe',
      at(600),
    ],
    ['does not ask again before', seen({ answers: { a: 'new' }, answeredAt: at(0) }), rest, at(599)],
    [
      'asks again 2 s after the first answer that was not the leaf',
      seen({ pods: [young], answers: { b: 'old' }, misses: 1, answeredAt: at(30) }),
      'probe',
      at(32),
    ],
    [
      'asks again 8 s after the third',
      seen({ pods: [young], answers: { b: 'old' }, misses: 3, answeredAt: at(30) }),
      rest,
      at(37),
    ],
  ];
  for (const [sentence, world, step, now = later] of cases) {
    test(sentence, () => {
      assert.equal(plan(world, now).step, step);
    });
  }

  test('does not take the first other answer of a pod for true that the status says has the leaf', () => {
    const world = seen({
      secrets: [secret({ isSettled: true })],
      answers: { a: 'old' },
      misses: 1,
      answeredAt: at(59),
    });
    assert.equal(plan(world, later).step, 'rest');
  });

  test('rests until the last of several Secrets is quiet', () => {
    const world = seen({ workload: unprobed, secrets: [secret(), secret({ name: 'x', issuedAt: at(2) })] });
    assert.deepEqual(plan(world, at(2.5)), { step: 'rest', until: at(5) });
  });

  test('rests until the Secrets are quiet', () => {
    assert.deepEqual(plan(seen({ workload: unprobed }), at(1)), { step: 'rest', until: at(3) });
  });

  test('rests until the next probe', () => {
    const world = seen({ answers: { a: 'new' }, answeredAt: at(0) });
    assert.deepEqual(plan(world, later), { step: 'rest', until: at(600) });
  });

  test('rests without a time where nothing can be probed', () => {
    assert.deepEqual(plan(seen({ workload: unprobed, pods: [young] }), later), { step: 'rest', until: undefined });
  });
});
