import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Observed } from '../../../../src/controllers/certificate/observed.ts';
import { plan } from '../../../../src/controllers/certificate/plan.ts';
import { archive, at, conditionOf, failing, fresh, intent, now, order, orderRecord, row, secret } from './world.ts';

describe('certificate plan: what is refused touches nothing', () => {
  const refused: readonly (readonly [name: string, seen: Observed, reason: string, stalled: boolean])[] = [
    [
      'a Secret that is not ours',
      fresh({ secret: { kind: 'foreign', reason: 'SecretNotOwned', why: 'It is foreign.' } }),
      'SecretNotOwned',
      true,
    ],
    ['a Secret that an older Certificate names', fresh({ rival: 'web/older' }), 'SecretClaimed', true],
    ['an issuer that is not there', fresh({ issuer: { state: 'missing' } }), 'IssuerNotFound', true],
    [
      'an issuer that is not ready',
      fresh({ issuer: { state: 'notReady', message: 'no terms' } }),
      'IssuerNotReady',
      false,
    ],
    [
      'a name that does not lead to us',
      fresh({ certificate: row(), routedAt: at('2026-06-01T11:58:00Z'), reach: failing }),
      'NotReachable',
      false,
    ],
  ];
  for (const [name, seen, reason, stalled] of refused) {
    test(`${name} gives ${reason}, and no order`, () => {
      const next = plan(seen, now);
      assert.equal(next.step, 'recordStatus');
      const ready = conditionOf(next, 'Ready');
      assert.equal(ready?.status, 'False');
      assert.equal(ready?.reason, reason);
      assert.match(ready?.message ?? '', new RegExp(`troubleshooting#${reason.toLowerCase()}`));
      assert.equal(conditionOf(next, 'Stalled')?.status, stalled ? 'True' : undefined);
      const status = next.step === 'recordStatus' ? next.status : {};
      const again = plan({ ...seen, certificate: { ...seen.certificate, status } }, now);
      assert.equal(again.step, 'rest');
    });
  }

  test('a valid certificate stays Ready when its issuer goes away after its renewal was due', () => {
    const next = plan(fresh({ secret: secret(), issuer: { state: 'missing' } }), at('2026-07-05T00:00:00Z'));
    assert.equal(conditionOf(next, 'Ready')?.status, 'True');
    assert.equal(conditionOf(next, 'Issuing')?.reason, 'IssuerNotFound');
  });
});

describe('certificate plan: failures', () => {
  const invalid = fresh({
    certificate: row({ status: { order: orderRecord } }),
    archive: archive(),
    order: order({
      state: 'invalid',
      refused: [{ name: 'shop.example', problem: 'wrong body (unauthorized)' }],
    }),
  });

  test('an invalid order is recorded with its problem, a count and the next time, and the order is no longer live', () => {
    const next = plan(invalid, now);
    const status = next.step === 'recordStatus' ? next.status : {};
    assert.equal(status.order?.state, 'invalid');
    assert.match(status.order?.identifiers[0]?.problem ?? '', /wrong body/);
    assert.equal(status.failure?.count, 1);
    const wait = new Date(status.failure?.nextAttemptTime ?? 0).getTime() - now.getTime();
    assert.ok(wait >= 53_000 && wait <= 67_000, String(wait));
  });

  test('the back-off is kept until its time, and not a second longer', () => {
    const next = plan(invalid, now);
    const status = next.step === 'recordStatus' ? next.status : {};
    const seen = fresh({ certificate: row({ status }), archive: archive() });
    assert.equal(plan(seen, now).step, 'rest');
    assert.equal(plan(seen, new Date(status.failure?.nextAttemptTime ?? 0)).step, 'placeOrder');
  });

  test('an edit of the spec ends the back-off', () => {
    const next = plan(invalid, now);
    const status = next.step === 'recordStatus' ? next.status : {};
    const seen = fresh({ certificate: row({ status, generation: 2 }), archive: archive() });
    assert.equal(plan(seen, now).step, 'placeOrder');
  });

  test('a renewal asked for after the failure ends the back-off', () => {
    const next = plan(invalid, now);
    const status = next.step === 'recordStatus' ? next.status : {};
    const certificate = row({ status, renewRequestedAt: at('2026-06-01T12:00:30Z') });
    assert.equal(plan(fresh({ certificate, archive: archive() }), at('2026-06-01T12:00:31Z')).step, 'placeOrder');
  });

  test('a CA that does not answer keeps its order, and one more attempt has failed with it', () => {
    const seen = fresh({
      certificate: row({ status: { order: orderRecord } }),
      archive: archive(),
      order: { state: 'unavailable', why: 'no answer', retryAfterMs: 120_000 },
    });
    const next = plan(seen, now);
    const status = next.step === 'recordStatus' ? next.status : {};
    assert.deepEqual(status.order, { ...orderRecord, failedAttempts: 1 });
    assert.equal(status.failure?.nextAttemptTime, '2026-06-01T12:02:00Z');
  });

  test('an order for a spec that has changed is dropped', () => {
    const seen = fresh({
      certificate: row({ status: { order: orderRecord } }),
      archive: archive({ intent: { ...intent, specHash: 'spec-b' } }),
      order: order(),
    });
    const next = plan(seen, now);
    assert.equal(next.step, 'recordStatus');
    assert.equal(next.step === 'recordStatus' && next.status.order, undefined);
  });
});
