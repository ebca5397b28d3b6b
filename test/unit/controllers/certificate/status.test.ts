import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ownStatusOf, sameStatus, statusOf } from '../../../../src/controllers/certificate/status.ts';
import { fresh, issued, now, orderRecord, row, secret } from './world.ts';

const cause = { due: true, cause: 'SecretMissing', why: 'there is none' } as const;

describe('the status of a Certificate', () => {
  test('records a new order where none was recorded', () => {
    assert.deepEqual(statusOf(fresh(), now, { cause, order: orderRecord }).order, orderRecord);
  });

  test('puts a new order in the place of one that failed', () => {
    const certificate = row({
      status: { order: { ...orderRecord, url: 'https://ca.example/order/0', state: 'invalid' } },
    });
    assert.deepEqual(statusOf(fresh({ certificate }), now, { cause, order: orderRecord }).order, orderRecord);
  });

  test('keeps the order and the failure where nothing is said of them', () => {
    const failure = { count: 2, lastTime: '2026-06-01T00:00:00Z', nextAttemptTime: '2026-06-01T00:10:00Z' };
    const status = statusOf(
      fresh({ certificate: row({ status: { observedGeneration: 1, order: orderRecord, failure } }) }),
      now,
      { cause },
    );
    assert.deepEqual(status.order, orderRecord);
    assert.deepEqual(status.failure, failure);
  });

  test('says that the chain in use is not the preferred one, which no CA has to offer', () => {
    const message = (preferredChain: string | undefined) =>
      statusOf(
        fresh({ secret: secret({ issued: issued({ issuerNames: ['E7', 'ISRG Root X2'] }) }), preferredChain }),
        now,
        {},
      ).conditions?.find(({ type }) => type === 'Ready')?.message;
    const plain = message(undefined);
    assert.equal(message('ISRG Root X2'), plain);
    assert.equal(message('E7'), plain);
    assert.match(
      message('ISRG Root X1') ?? '',
      /no issuer "ISRG Root X1", which preferredChain asks for, but E7, ISRG Root X2:/,
    );
  });

  test('is the same in whatever order its fields and conditions come back', () => {
    const status = statusOf(fresh(), now, { cause, order: orderRecord });
    const returned = Object.fromEntries(Object.entries(status).toReversed());
    assert.ok(sameStatus(status, { ...returned, conditions: (status.conditions ?? []).toReversed() }));
    assert.ok(!sameStatus(status, { ...status, revision: 7 }));
  });

  test('leaves out what the reload controller owns', () => {
    const reloaded = {
      type: 'Reloaded',
      status: 'True',
      reason: 'Served',
      message: '',
      lastTransitionTime: '2026-06-01T00:00:00Z',
    } as const;
    assert.deepEqual(ownStatusOf({ revision: 1, reload: { fingerprint: 'aa' }, conditions: [reloaded] }), {
      revision: 1,
      conditions: [],
    });
  });
});
