import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plan } from '../../../../../src/controllers/certificate/plan.ts';
import { archive, at, conditionOf, fresh, now, reach, row } from '../world.ts';

const until = at('2026-06-01T12:30:00.500Z');

describe('certificate plan: the rate budget', () => {
  for (const [what, seen] of [
    ['before a key is made', fresh()],
    ['before an order', fresh({ archive: archive() })],
  ] as const) {
    test(`one that is spent is told with its end, and is no failure, ${what}`, () => {
      const next = plan({ ...seen, budget: { state: 'spent', until, why: '5 in 168 h are allowed' } }, now);
      const stalled = conditionOf(next, 'Stalled');
      assert.equal(stalled?.reason, 'RateBudget');
      assert.match(stalled?.message ?? '', /no order before 2026-06-01T12:30:01Z: 5 in 168 h are allowed\./);
      assert.equal(next.step === 'recordStatus' ? next.status.failure : 'none', undefined);
    });
  }

  test('one that nobody knows holds the order up, and is looked for again', () => {
    const seen = fresh({ budget: { state: 'unknown', why: 'get configmaps: forbidden' } });
    const next = plan(seen, now);
    assert.match(
      conditionOf(next, 'Issuing')?.message ?? '',
      /nobody knows what was spent .*: get configmaps: forbidden\./,
    );
    assert.equal(conditionOf(next, 'Stalled'), undefined);
    const status = next.step === 'recordStatus' ? next.status : {};
    const again = plan({ ...seen, certificate: row({ status }) }, now);
    assert.deepEqual(again, { step: 'rest', until: at('2026-06-01T12:01:00Z') });
  });

  test('a turn that comes soon is waited for without a write', () => {
    const next = plan(fresh({ budget: { state: 'paced', until } }), now);
    assert.deepEqual(next, { step: 'rest', until });
  });

  test('a name that does not lead to us is told first', () => {
    const failing = reach({ state: 'failed', problems: [{ host: 'shop.example', problem: 'refused' }] });
    const seen = fresh({ routedAt: at('2026-06-01T11:58:00Z'), reach: failing });
    const next = plan({ ...seen, budget: { state: 'spent', until, why: 'x' } }, now);
    assert.equal(conditionOf(next, 'Issuing')?.reason, 'NotReachable');
  });
});
