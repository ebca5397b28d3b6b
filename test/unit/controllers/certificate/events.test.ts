import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventsOf } from '../../../../src/controllers/certificate/events.ts';
import { row } from './world.ts';

describe('the Event of an issuance', () => {
  const before = row({ status: { fingerprint: 'aa', serialNumber: '1a' } });

  test('tells which certificate stands where, so that a renewal minutes later is told as well', () => {
    const [event] = eventsOf(before, { fingerprint: 'bb', serialNumber: '2b' });
    assert.equal(event?.reason, 'Issued');
    assert.equal(event?.note, 'Certificate 2b stands in the Secret shop-tls, for shop.example.');
  });

  test('is not repeated for the same certificate', () => {
    assert.deepEqual(eventsOf(before, { fingerprint: 'aa', serialNumber: '1a' }), []);
  });
});
