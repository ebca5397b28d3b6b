import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventsOf } from '../../../../src/controllers/certificate/events.ts';
import { row } from './world.ts';

describe('the Event of an issuance', () => {
  const before = row({ status: { revision: 1, fingerprint: 'aa', serialNumber: '1a' } });

  test('tells which certificate stands where, so that a renewal minutes later is told as well', () => {
    const [event] = eventsOf(before, { revision: 2, fingerprint: 'bb', serialNumber: '2b' });
    assert.equal(event?.reason, 'Issued');
    assert.equal(event?.note, 'Certificate 2b stands in the Secret shop-tls, for shop.example.');
  });

  test('is not repeated for the same certificate', () => {
    assert.deepEqual(eventsOf(before, { revision: 1, fingerprint: 'aa', serialNumber: '1a' }), []);
  });

  test('does not tell of a certificate that was taken over as of one that was issued', () => {
    assert.deepEqual(eventsOf(row(), { fingerprint: 'bb', serialNumber: '2b' }), []);
  });
});
