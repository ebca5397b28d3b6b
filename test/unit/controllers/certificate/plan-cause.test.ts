import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Observed } from '../../../../src/controllers/certificate/observed.ts';
import { plan } from '../../../../src/controllers/certificate/plan.ts';
import { archive, at, fresh, issued, now, row, secret, specHash } from './world.ts';

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
