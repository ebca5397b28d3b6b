import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Condition, condition, isTrue, type NextCondition } from '../../../src/api/index.ts';

const now = new Date('2026-06-01T10:20:30.456Z');
const issued: NextCondition = {
  type: 'Ready',
  status: 'True',
  reason: 'Issued',
  message: 'The Secret holds a certificate.',
  observedGeneration: 3,
};
const before = { ...issued, observedGeneration: 2, lastTransitionTime: '2026-05-01T00:00:00Z' };

describe('condition', () => {
  it('begins now, in whole seconds, where there was none', () => {
    assert.deepEqual(condition(undefined, issued, now), { ...issued, lastTransitionTime: '2026-06-01T10:20:30Z' });
  });

  it('keeps its time while the status is the same, whatever else changes', () => {
    const next = condition([before], { ...issued, reason: 'RenewalDue', message: 'Another one.' }, now);
    assert.equal(next.lastTransitionTime, '2026-05-01T00:00:00Z');
    assert.equal(next.reason, 'RenewalDue');
    assert.equal(next.message, 'Another one.');
    assert.equal(next.observedGeneration, 3);
  });

  it('takes a new time when the status changes', () => {
    const next = condition([before], { ...issued, status: 'False', reason: 'Expired' }, now);
    assert.equal(next.lastTransitionTime, '2026-06-01T10:20:30Z');
  });

  it('is not kept from a condition of another type', () => {
    const next = condition([{ ...before, type: 'Reachable' }], issued, now);
    assert.equal(next.lastTransitionTime, '2026-06-01T10:20:30Z');
  });

  it('does not keep the time that a new object has by default', () => {
    const unseen: Condition = { ...before, type: 'Reconciling', lastTransitionTime: '1970-01-01T00:00:00Z' };
    const next = condition([unseen], { ...issued, type: 'Reconciling' }, now);
    assert.equal(next.lastTransitionTime, '2026-06-01T10:20:30Z');
  });

  it('cuts a message that is longer than the schema admits', () => {
    assert.equal(condition(undefined, { ...issued, message: 'x'.repeat(40_000) }, now).message.length, 32_768);
  });
});

describe('isTrue', () => {
  it('is so for a condition that is there and True alone', () => {
    assert.equal(isTrue([before], 'Ready'), true);
    assert.equal(isTrue([before], 'Reachable'), false);
    assert.equal(isTrue([{ ...before, status: 'Unknown' }], 'Ready'), false);
    assert.equal(isTrue(undefined, 'Ready'), false);
  });
});
