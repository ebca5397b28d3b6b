import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CertificateSpec, Condition } from '../../../../src/api/index.ts';
import type { Observed } from '../../../../src/controllers/certificate/observed.ts';
import { type Plan, plan } from '../../../../src/controllers/certificate/plan.ts';
import { archive, at, fresh, intent, order, orderRecord, reach, row, secret } from './world.ts';

/** A Certificate whose Secret holds a certificate of 90 days from 2026-05-01 on, with this of the spec. */
function held(spec: Partial<CertificateSpec>, overrides: Partial<Parameters<typeof row>[0]> = {}): Observed {
  const certificate = row({ ...overrides, spec: { ...row().spec, ...spec } });
  return fresh({ certificate, secret: secret(), reach: reach({ retryAt: at('2027-01-01T00:00:00Z') }) });
}

/** Writes the status that is planned, and plans again. */
function afterwards(seen: Observed, now: Date): { seen: Observed; next: Plan } {
  const first = plan(seen, now);
  if (first.step !== 'recordStatus') return { seen, next: first };
  const again = { ...seen, certificate: { ...seen.certificate, status: first.status } };
  return { seen: again, next: plan(again, now) };
}

function conditionOf(seen: Observed, type: string): Condition | undefined {
  return seen.certificate.status.conditions?.find((one) => one.type === type);
}

describe('a Certificate whose renewal is disabled', () => {
  const disabled = held({ renewal: { policy: 'Disabled' } });

  test('is left alone until it expires, and shows no renewal time', () => {
    const { seen, next } = afterwards(disabled, at('2026-07-29T00:00:00Z'));
    assert.deepEqual(next, { step: 'rest', until: at('2026-07-30T00:00:00Z') });
    assert.equal(seen.certificate.status.renewalTime, undefined);
    assert.equal(seen.certificate.status.notAfter, '2026-07-30T00:00:00Z');
    assert.equal(conditionOf(seen, 'Ready')?.status, 'True');
  });

  test('is not Ready once it has expired, says how to renew it, and orders nothing', () => {
    const expired = afterwards(disabled, at('2026-07-30T00:00:00Z'));
    assert.equal(expired.next.step, 'rest');
    for (const type of ['Ready', 'Issuing', 'Stalled'])
      assert.equal(conditionOf(expired.seen, type)?.reason, 'Expired', type);
    const { message = '' } = conditionOf(expired.seen, 'Ready') ?? {};
    assert.match(message, /kubectl annotate evcert -n web shop evercert\.dev\/renew=/);
    assert.match(message, /troubleshooting#expired/);
  });

  test('is renewed when that is asked for, also once it has expired', () => {
    const { certificate } = disabled;
    for (const now of [at('2026-06-01T12:00:00Z'), at('2026-08-01T12:00:00Z')]) {
      const seen = { ...disabled, certificate: { ...certificate, renewRequestedAt: now } };
      assert.equal(plan(seen, now).step, 'storeIntent');
    }
  });

  test('is issued all the same where its Secret is missing or its names have changed', () => {
    const now = at('2026-06-01T12:00:00Z');
    assert.equal(plan({ ...disabled, secret: { kind: 'absent' } }, now).step, 'storeIntent');
    const renamed = { ...disabled, certificate: { ...disabled.certificate, names: ['other.example'] } };
    assert.equal(plan(renamed, now).step, 'storeIntent');
  });
});

describe('a Certificate with a maintenance window', () => {
  // 30 days before 2026-07-30 is a Tuesday; its Sunday is 2026-07-05.
  const spec: Partial<CertificateSpec> = {
    renewBefore: '720h',
    renewal: { windows: [{ cron: '0 2 * * SUN', windowDuration: '4h' }] },
  };
  const seen = held(spec);
  const opens = new Date(afterwards(seen, at('2026-06-01T12:00:00Z')).seen.certificate.status.renewalTime ?? 0);

  test('shows the time in the window, and is not renewed before', () => {
    assert.ok(opens >= at('2026-07-05T02:00:00Z') && opens < at('2026-07-05T04:00:00Z'), opens.toISOString());
    const { next } = afterwards(seen, at('2026-07-02T00:00:00Z'));
    assert.deepEqual(next, { step: 'rest', until: opens });
    assert.equal(plan(seen, opens).step, 'storeIntent');
  });

  test('waits for the next one where the window has gone by', () => {
    const late = afterwards(seen, at('2026-07-05T06:00:00Z'));
    const again = new Date(late.seen.certificate.status.renewalTime ?? 0);
    assert.equal(again.getTime() - opens.getTime(), 7 * 86_400_000);
    assert.deepEqual(late.next, { step: 'rest', until: again });
  });

  test('goes on with an order that was placed in the window after that has closed', () => {
    const status = { order: { ...orderRecord, revision: 2 }, revision: 1, fingerprint: 'aa11' };
    const ordered: Observed = {
      ...held(spec, { status }),
      archive: archive({ intent: { ...intent, revision: 2 } }),
      order: order({ state: 'ready' }),
    };
    assert.equal(plan(ordered, at('2026-07-05T09:00:00Z')).step, 'finalize');
  });

  test('keeps telling what failed in the window, and tries again in the next one', () => {
    const problem = 'The CA refused: shop.example: wrong body (unauthorized)';
    const failure = {
      count: 2,
      lastTime: '2026-07-05T05:55:00Z',
      nextAttemptTime: '2026-07-05T06:05:00Z',
      reason: 'OrderFailed',
      problem,
    };
    const status = { order: { ...orderRecord, state: 'invalid' as const }, observedGeneration: 1, failure };
    const failed = afterwards(held(spec, { status }), at('2026-07-05T06:05:00Z'));
    assert.deepEqual(failed.seen.certificate.status.failure, failure);
    assert.equal(conditionOf(failed.seen, 'Issuing')?.reason, 'OrderFailed');
    assert.equal(conditionOf(failed.seen, 'Ready')?.status, 'True');
    const again = new Date(failed.seen.certificate.status.renewalTime ?? 0);
    assert.deepEqual(failed.next, { step: 'rest', until: again });
    assert.equal(plan(failed.seen, again).step, 'storeIntent');
  });

  test('is renewed without one when it would expire, when that is asked for, and when its names change', () => {
    const tuesday = at('2026-06-02T12:00:00Z');
    assert.equal(plan(seen, at('2026-07-30T00:00:00Z')).step, 'storeIntent');
    assert.equal(
      plan({ ...seen, certificate: { ...seen.certificate, renewRequestedAt: tuesday } }, tuesday).step,
      'storeIntent',
    );
    assert.equal(
      plan({ ...seen, certificate: { ...seen.certificate, names: ['other.example'] } }, tuesday).step,
      'storeIntent',
    );
    const never = held({ renewal: { windows: [{ cron: '0 2 30 2 *', windowDuration: '4h' }] } });
    const emergency = new Date(afterwards(never, tuesday).seen.certificate.status.renewalTime ?? 0);
    assert.equal(emergency.toISOString(), '2026-07-25T12:00:00.000Z');
    assert.equal(plan(never, emergency).step, 'storeIntent');
  });
});
