import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventsOf } from '../../../../src/controllers/certificate/events.ts';
import { fresh, issued, row, secret } from './world.ts';

describe('the Event of an issuance', () => {
  const before = fresh({
    certificate: row({ status: { revision: 1, fingerprint: 'aa', serialNumber: '1a' } }),
    secret: secret(),
  });

  test('tells which certificate stands where, so that a renewal minutes later is told as well', () => {
    const [event] = eventsOf(before, { revision: 2, fingerprint: 'bb', serialNumber: '2b' });
    assert.equal(event?.reason, 'Issued');
    assert.equal(event?.note, 'Certificate 2b stands in the Secret shop-tls, for shop.example.');
  });

  test('names what the certificate is for, which may be less than what the spec asks for', () => {
    const certificate = row({ names: ['a.example', 'b.example'] });
    const held = secret({ issued: issued({ names: ['a.example'] }) });
    const [event] = eventsOf(fresh({ certificate, secret: held }), {
      revision: 1,
      fingerprint: 'bb',
      serialNumber: '2b',
    });
    assert.equal(event?.note, 'Certificate 2b stands in the Secret shop-tls, for a.example.');
  });

  test('of a certificate in another Secret says that the one before is left', () => {
    const certificate = row({ secretName: 'new-tls', status: { secretName: 'shop-tls', fingerprint: 'aa' } });
    const events = eventsOf(fresh({ certificate }), { fingerprint: 'aa', secretName: 'new-tls' });
    assert.deepEqual(
      events.map(({ reason, note }) => [reason, note]),
      [
        [
          'SecretLeft',
          'The Secret shop-tls is left as it is, because spec.secretName is new-tls now. Delete it once nothing uses it.',
        ],
      ],
    );
    assert.deepEqual(eventsOf(fresh({ certificate }), { fingerprint: 'aa', secretName: 'shop-tls' }), []);
  });

  test('is not repeated for the same certificate', () => {
    assert.deepEqual(eventsOf(before, { revision: 1, fingerprint: 'aa', serialNumber: '1a' }), []);
  });

  test('does not tell of a certificate that was taken over as of one that was issued', () => {
    assert.deepEqual(eventsOf(fresh(), { fingerprint: 'bb', serialNumber: '2b' }), []);
  });
});
