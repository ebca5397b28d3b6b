import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plan } from '../../../../src/controllers/certificate/plan.ts';
import { specHashOf } from '../../../../src/controllers/certificate/secret/secret.ts';
import { secretSeen } from '../../../../src/controllers/certificate/secret/secret-seen.ts';
import { projectCertificate } from '../../../../src/controllers/certificate-row.ts';
import type { KubeObject } from '../../../../src/kube/index.ts';
import { makeFleet } from '../../../bench/cache/fleet.ts';

const parsed = (json: string): KubeObject => JSON.parse(json) as KubeObject;

describe('the fleet of the benchmark', async () => {
  const fleet = await makeFleet();

  test('is at rest: the operator has nothing to do for any of it', () => {
    const now = new Date();
    for (const index of [0, 255, 256, 65_536, 99_999]) {
      const member = fleet.member(index, 3);
      const certificate = projectCertificate(parsed(member.certificate.json));
      const step = plan(
        {
          certificate,
          rival: undefined,
          suggested: undefined,
          renewalInfo: { awaited: false, nextAt: new Date(8.64e15) },
          secret: secretSeen(certificate, parsed(member.secret.json)),
          repairsHeldUntil: undefined,
          passwords: {},
          specHash: specHashOf(certificate),
          issuer: { state: 'missing' },
          preferredChain: undefined,
          routedAt: undefined,
          reach: {
            state: 'reached',
            hosts: [],
            problems: [],
            since: now,
            retryAt: new Date(now.getTime() + 3_600_000),
          },
          archive: undefined,
          order: undefined,
          budget: undefined,
          unrevoked: undefined,
        },
        now,
      );
      assert.equal(step.step, 'rest', JSON.stringify(step));
    }
  });

  test('has members that differ, and are the same again', () => {
    assert.deepEqual(fleet.member(70_000, 1), fleet.member(70_000, 1));
    const members = [0, 1, 256, 65_536].map((index) => fleet.member(index, 0));
    assert.equal(new Set(members.map(({ certificate }) => certificate.key)).size, members.length);
    assert.equal(new Set(members.map(({ secret }) => secret.json)).size, members.length);
  });

  test('is touched in an annotation that nobody reads, and in nothing else', () => {
    const [before, after] = [1, 2].map((touch) => fleet.member(5, touch));
    for (const kind of ['certificate', 'secret'] as const) {
      const [one, other] = [before, after].map((member) => member?.[kind].json ?? '');
      assert.notEqual(one, other);
      assert.equal(one?.replaceAll('"bench.evercert.dev/touch":"1"', '"bench.evercert.dev/touch":"2"'), other);
    }
  });
});
