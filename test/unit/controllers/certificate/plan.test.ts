import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Observed } from '../../../../src/controllers/certificate/observed.ts';
import { type Plan, plan } from '../../../../src/controllers/certificate/plan.ts';
import {
  archive,
  at,
  conditionOf,
  failing,
  fresh,
  intent,
  now,
  order,
  orderRecord,
  reach,
  row,
  secret,
} from './world.ts';

const recorded = { status: { order: orderRecord } };

describe('certificate plan: an issuer that takes no order', () => {
  const held = { state: 'ready', heldUntil: at('2026-06-01T12:10:00Z') } as const;
  const odd = { state: 'ready', profileProblem: 'The CA has no profile "odd".' } as const;

  test('is waited for while its key is changed, without a write', () => {
    for (const seen of [fresh({ issuer: held }), fresh({ issuer: held, archive: archive() })]) {
      assert.deepEqual(plan(seen, now), { step: 'rest', until: held.heldUntil });
    }
  });

  test('is asked for no profile that the CA does not have; that needs a person, and is written once', () => {
    const next = plan(fresh({ issuer: odd, archive: archive() }), now);
    assert.ok(next.step === 'recordStatus');
    for (const type of ['Ready', 'Issuing', 'Stalled']) {
      assert.equal(next.status.conditions?.find((one) => one.type === type)?.reason, 'InvalidProfile', type);
    }
    const certificate = row({ status: next.status });
    assert.equal(plan(fresh({ certificate, issuer: odd, archive: archive() }), now).step, 'rest');
  });

  test('has the orders finished that are open', () => {
    for (const issuer of [held, odd]) {
      const seen = fresh({ certificate: row(recorded), archive: archive(), order: order(), issuer });
      assert.equal(plan(seen, now).step, 'answer');
    }
  });
});

describe('certificate plan: the steps of a first issuance', () => {
  const steps: readonly (readonly [name: string, seen: Observed, step: Plan['step']])[] = [
    ['waits while a name has not been reached yet', fresh({ reach: reach({ state: 'unknown' }) }), 'rest'],
    ['writes nothing in the first seconds of a route', fresh({ reach: failing }), 'rest'],
    ['stores the key and the intent once every name is reached', fresh(), 'storeIntent'],
    ['places the order for the stored intent', fresh({ archive: archive() }), 'placeOrder'],
    [
      'makes a new intent where the stored one is for another spec',
      fresh({ archive: archive({ intent: { ...intent, specHash: 'spec-b' } }) }),
      'storeIntent',
    ],
    [
      'makes a new intent where the stored one has lost its key',
      fresh({ archive: archive({ nextKeyPem: undefined }) }),
      'storeIntent',
    ],
    [
      'waits until the responders present the challenge',
      fresh({
        certificate: row(recorded),
        archive: archive(),
        order: order({ presented: reach({ state: 'unknown' }) }),
      }),
      'rest',
    ],
    [
      'tells the CA once the challenge is presented',
      fresh({ certificate: row(recorded), archive: archive(), order: order() }),
      'answer',
    ],
    [
      'waits for the CA once the challenge is answered',
      fresh({ certificate: row(recorded), archive: archive(), order: order({ unanswered: [] }) }),
      'rest',
    ],
    [
      'finalizes a ready order',
      fresh({ certificate: row(recorded), archive: archive(), order: order({ state: 'ready' }) }),
      'finalize',
    ],
    [
      'waits while the CA issues',
      fresh({ certificate: row(recorded), archive: archive(), order: order({ state: 'processing' }) }),
      'rest',
    ],
    [
      'stores the certificate of a valid order',
      fresh({ certificate: row(recorded), archive: archive(), order: order({ state: 'valid' }) }),
      'storeCertificate',
    ],
    [
      'records what the Secret holds, in which the order ends',
      fresh({ certificate: row(recorded), archive: archive(), secret: secret() }),
      'recordStatus',
    ],
  ];
  for (const [name, seen, step] of steps) {
    test(name, () => assert.equal(plan(seen, now).step, step));
  }

  test('rests until the renewal once the status says all', () => {
    const first = plan(fresh({ secret: secret() }), now);
    assert.equal(first.step, 'recordStatus');
    const certificate = row({ status: first.step === 'recordStatus' ? first.status : {} });
    const second = plan(
      fresh({ certificate, secret: secret(), reach: reach({ retryAt: at('2027-01-01T00:00:00Z') }) }),
      now,
    );
    assert.equal(second.step, 'rest');
    assert.ok(
      second.step === 'rest' && second.until > at('2026-06-28T00:00:00Z') && second.until < at('2026-07-02T12:00:00Z'),
    );
  });

  test('gives the next revision after every one that is known', () => {
    const seen = fresh({
      certificate: row({ status: { revision: 4 } }),
      archive: archive({
        intent: { ...intent, revision: 6, specHash: 'spec-b' },
        history: [{ revision: 3, chainPem: '', keyPem: '' }],
      }),
    });
    assert.deepEqual(plan(seen, now), { step: 'storeIntent', intent: { ...intent, revision: 7 } });
  });
});

describe('certificate plan: renewal', () => {
  const due = at('2026-07-05T00:00:00Z');

  test('a key that the Secret has reached is spent: a renewal stores a new intent', () => {
    assert.deepEqual(plan(fresh({ secret: secret(), archive: archive() }), due), {
      step: 'storeIntent',
      intent: { ...intent, revision: 2 },
    });
  });

  test('a key that a deleted Secret had is spent too', () => {
    const seen = fresh({ certificate: row({ status: { revision: 1 } }), archive: archive() });
    assert.deepEqual(plan(seen, now), { step: 'storeIntent', intent: { ...intent, revision: 2 } });
  });

  test('Ready stays True while the next certificate is on its way', () => {
    const certificate = row({ status: { order: { ...orderRecord, revision: 2 }, fingerprint: 'aa11' } });
    const seen = fresh({
      certificate,
      secret: secret(),
      archive: archive({ intent: { ...intent, revision: 2 } }),
      order: order({ state: 'invalid' }),
    });
    const next = plan(seen, due);
    assert.equal(next.step, 'recordStatus');
    assert.equal(conditionOf(next, 'Ready')?.status, 'True');
    assert.equal(conditionOf(next, 'Issuing')?.reason, 'OrderFailed');
  });

  test('a renewal asked for by a time is done once, and not before that time', () => {
    const asked = row({ renewRequestedAt: at('2026-06-01T11:00:00Z') });
    assert.equal(plan(fresh({ certificate: asked, secret: secret() }), now).step, 'storeIntent');
    const fulfilled = secret({ issuedAt: at('2026-06-01T11:00:00Z') });
    assert.equal(plan(fresh({ certificate: asked, secret: fulfilled }), now).step, 'recordStatus');
    const later = row({ renewRequestedAt: at('2026-06-02T00:00:00Z') });
    const settled = plan(fresh({ certificate: later, secret: secret() }), now);
    const status = settled.step === 'recordStatus' ? settled.status : {};
    const rest = plan(
      fresh({
        certificate: { ...later, status },
        secret: secret(),
        reach: reach({ retryAt: at('2027-01-01T00:00:00Z') }),
      }),
      now,
    );
    assert.deepEqual(rest, { step: 'rest', until: at('2026-06-02T00:00:00Z') });
  });
});
