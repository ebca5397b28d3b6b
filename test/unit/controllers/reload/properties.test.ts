import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../../../src/controllers/reload/digest.ts';
import { type ConsumedSecret, type Observed, probeKey } from '../../../../src/controllers/reload/observed.ts';
import { type Plan, plan } from '../../../../src/controllers/reload/plan.ts';
import type { PodRow, WorkloadRow } from '../../../../src/controllers/reload/rows.ts';
import { at, pod, secret, seen, workload } from './world.ts';

const leaf = fc.constantFrom('f1', 'f2', 'f3');
const anySecrets: fc.Arbitrary<ConsumedSecret[]> = fc.uniqueArray(
  fc
    .record({
      name: fc.constantFrom('s1', 's2', 's3'),
      fingerprint: leaf,
      issued: fc.integer({ min: -100, max: 200 }),
      isSettled: fc.boolean(),
      isLeftAlone: fc.boolean(),
    })
    .map(({ issued, ...rest }) => secret({ ...rest, issuedAt: at(issued) })),
  { selector: ({ name }) => name, minLength: 1, maxLength: 3 },
);
const anyPods: fc.Arbitrary<PodRow[]> = fc.uniqueArray(
  fc
    .record({ name: fc.constantFrom('a', 'b', 'c'), started: fc.integer({ min: -200, max: 200 }) })
    .map(({ name, started }) => pod(name, { startedAt: at(started), createdAt: at(started) })),
  { selector: ({ name }) => name, maxLength: 3 },
);
const anyWorkload: fc.Arbitrary<WorkloadRow> = fc
  .record({
    kind: fc.constantFrom('Deployment' as const, 'StatefulSet' as const, 'DaemonSet' as const),
    tlsPort: fc.constantFrom(8443, undefined),
    record: fc.constantFrom(undefined, 'undone'),
    hold: fc.constantFrom(undefined, undefined, 'Paused' as const),
    progress: fc.record({
      desired: fc.constant(2),
      isUpdated: fc.boolean(),
      isAvailable: fc.boolean(),
      isExceeded: fc.boolean(),
    }),
  })
  .map((over) => workload(over));
const anyWorld: fc.Arbitrary<Observed> = fc
  .record({
    workload: anyWorkload,
    secrets: anySecrets,
    pods: anyPods,
    answers: fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(leaf, fc.constantFrom('unreachable', 'unasked', 'asked', 'old')),
    ),
    misses: fc.integer({ min: 1, max: 5 }),
    answeredAt: fc.integer({ min: -100, max: 200 }).map(at),
  })
  .map(seen);
const anyTime = fc.integer({ min: 0, max: 1_000 }).map(at);

/** The world after a step was carried out to its end: pods asked, or replaced by younger ones that read the Secrets of now. */
function carriedOut(world: Observed, step: Plan, now: Date): Observed {
  if (step.step === 'probe') {
    const probes = new Map(world.probes);
    for (const target of step.targets) {
      const before = probes.get(probeKey(target.podUID, target.secretName))?.answer;
      probes.set(probeKey(target.podUID, target.secretName), {
        target,
        isAsked: false,
        answer: { at: now, fingerprint: 'old', misses: (before?.misses ?? 0) + 1 },
      });
    }
    return { ...world, probes };
  }
  if (step.step === 'rest') return world;
  const pods = world.pods.map(({ name }) => pod(`${name}+`, { startedAt: now, createdAt: now }));
  return {
    ...world,
    pods,
    youngestPodAt: now,
    probes: new Map(),
    workload: { ...world.workload, record: world.digest },
  };
}

describe('the plan of a workload, from any world', () => {
  test('rolls out at most once for a set of leaves, and comes to rest at any instant', () => {
    fc.assert(
      fc.property(anyWorld, anyTime, (start, now) => {
        let world = start;
        const steps: string[] = [];
        for (let step = plan(world, now); step.step !== 'rest'; step = plan(world, now)) {
          steps.push(step.step);
          assert.ok(steps.length < 10, steps.join());
          world = carriedOut(world, step, now);
        }
        assert.ok(steps.filter((step) => step === 'rollOut').length <= 1, steps.join());
      }),
    );
  });

  test('decides the same whatever value the annotation has, unless it is the one that would be written', () => {
    fc.assert(
      fc.property(anyWorld, anyTime, fc.option(fc.string(), { nil: undefined }), (world, now, record) => {
        fc.pre(record !== world.digest && world.workload.record !== world.digest);
        const other = { ...world, workload: { ...world.workload, record } };
        assert.equal(plan(other, now).step, plan(world, now).step);
      }),
    );
  });

  test('never rolls out pods that all started after the last issuance', () => {
    fc.assert(
      fc.property(anyWorld, anyTime, (world, now) => {
        const last = Math.max(...world.secrets.map(({ issuedAt }) => issuedAt.getTime()));
        const pods = world.pods.map((one) => ({ ...one, startedAt: new Date(last) }));
        assert.notEqual(plan({ ...world, pods }, now).step, 'rollOut');
      }),
    );
  });

  test('rests until a time that lies ahead, so that no pass follows on the heels of another', () => {
    fc.assert(
      fc.property(anyWorld, anyTime, (world, now) => {
        const next = plan(world, now);
        assert.ok(next.step !== 'rest' || next.until === undefined || next.until > now);
      }),
    );
  });

  test('does not depend on the order of Secrets and pods', () => {
    fc.assert(
      fc.property(anyWorld, anyTime, (world, now) => {
        const reversed = { ...world, secrets: world.secrets.toReversed(), pods: world.pods.toReversed() };
        assert.equal(plan(reversed, now).step, plan(world, now).step);
      }),
    );
  });
});

describe('the digest', () => {
  test('does not depend on the order of the Secrets', () => {
    fc.assert(
      fc.property(anySecrets, (secrets) => {
        assert.equal(digestOf(secrets.toReversed()), digestOf(secrets));
      }),
    );
  });

  test('differs when a leaf, a name or the number of Secrets differs', () => {
    const one = { name: 'a', fingerprint: 'f' };
    const others = [
      [{ ...one, fingerprint: 'g' }],
      [{ ...one, name: 'b' }],
      [one, { name: 'b', fingerprint: 'f' }],
      [],
    ];
    const digests = new Set([[one], ...others].map(digestOf));
    assert.equal(digests.size, 5);
  });

  test('is a valid, short annotation', () => {
    assert.match(digestOf([secret()]), /^[0-9a-f]{32}$/);
  });
});
