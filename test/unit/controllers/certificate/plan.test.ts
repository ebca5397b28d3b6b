import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Observed } from '../../../../src/controllers/certificate/observed.ts';
import { type Plan, plan } from '../../../../src/controllers/certificate/plan.ts';
import { archive, at, fresh, intent, issued, now, order, orderRecord, reach, row, secret, specHash } from './world.ts';

const recorded = { status: { order: orderRecord } };
const failing = reach({
  state: 'failed',
  problems: [{ host: 'shop.example', problem: 'http://shop.example answered 404' }],
  since: at('2026-06-01T11:59:00Z'),
  retryAt: at('2026-06-01T12:01:00Z'),
});

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
    certificate: row(recorded),
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
      certificate: row(recorded),
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
      certificate: row(recorded),
      archive: archive({ intent: { ...intent, specHash: 'spec-b' } }),
      order: order(),
    });
    const next = plan(seen, now);
    assert.equal(next.step, 'recordStatus');
    assert.equal(next.step === 'recordStatus' && next.status.order, undefined);
  });
});

describe('certificate plan: what makes a certificate due', () => {
  const causes: readonly (readonly [name: string, seen: Observed, cause: string])[] = [
    ['no Secret', fresh(), 'SecretMissing'],
    [
      'a Secret without a usable pair',
      fresh({ secret: secret({ issued: undefined, problem: 'tls.crt is empty' }) }),
      'SecretMismatch',
    ],
    [
      'a name added',
      fresh({ certificate: row({ names: ['a.example', 'shop.example'] }), secret: secret() }),
      'SpecChanged',
    ],
    [
      'a name removed',
      fresh({ secret: secret({ issued: issued({ names: ['old.example', 'shop.example'] }) }) }),
      'SpecChanged',
    ],
    ['another issuer', fresh({ secret: secret({ issuerKey: 'ClusterIssuer/other' }) }), 'SpecChanged'],
    [
      'another kind of key',
      fresh({
        certificate: row({ spec: { ...row().spec, privateKey: { algorithm: 'RSA' } } }),
        secret: secret(),
      }),
      'SpecChanged',
    ],
    [
      'an expired certificate',
      fresh({ secret: secret({ issued: issued({ notAfter: at('2026-05-31T00:00:00Z') }) }) }),
      'Expired',
    ],
  ];
  for (const [name, seen, cause] of causes) {
    test(`${name} is ${cause}`, () => {
      const revision = seen.secret.kind === 'ours' ? 2 : 1;
      const next = plan(
        { ...seen, archive: archive({ intent: { revision, specHash, names: seen.certificate.names } }) },
        now,
      );
      assert.equal(next.step === 'placeOrder' && next.cause.cause, cause);
    });
  }

  test('a kind of key that cannot be made is not asked for without end', () => {
    const certificate = row({ spec: { ...row().spec, privateKey: { algorithm: 'RSA', size: 1024 } } });
    const held = secret({ keySpec: { algorithm: 'RSA', size: 2048 } });
    assert.equal(plan(fresh({ certificate, secret: held }), now).step, 'recordStatus');
  });

  test('a key that the spec says nothing of is kept, whatever it is', () => {
    const held = secret({ keySpec: { algorithm: 'RSA', size: 4096 } });
    assert.equal(plan(fresh({ secret: held }), now).step, 'recordStatus');
  });
});

function conditionOf(next: Plan, type: string) {
  return next.step === 'recordStatus' ? next.status.conditions?.find((one) => one.type === type) : undefined;
}
