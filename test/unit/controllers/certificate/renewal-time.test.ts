import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseDuration } from '../../../../src/controllers/certificate/duration.ts';
import { renewalTime } from '../../../../src/controllers/certificate/renewal-time.ts';
import { spread } from '../../../../src/controllers/certificate/spread.ts';
import { at, issued } from './world.ts';

const hour = 3_600_000;
const day = 24 * hour;

const anyCertificate = fc
  .record({
    start: fc.integer({ min: 1.7e12, max: 2e12 }),
    lifetime: fc.integer({ min: 6 * hour, max: 398 * day }),
    fingerprint: fc.uuid(),
  })
  .map(({ start, lifetime, fingerprint }) =>
    issued({ notBefore: new Date(start), notAfter: new Date(start + lifetime), fingerprint }),
  );

describe('the renewal time', () => {
  test('leaves a third of the lifetime, a half below 10 days, within 2 %', () => {
    fc.assert(
      fc.property(anyCertificate, (certificate) => {
        const lifetime = certificate.notAfter.getTime() - certificate.notBefore.getTime();
        const left = (certificate.notAfter.getTime() - renewalTime(certificate, {}).getTime()) / lifetime;
        const wanted = lifetime < 10 * day ? 1 / 2 : 1 / 3;
        assert.ok(Math.abs(left - wanted) <= 0.02 + 1000 / lifetime, `${left}`);
      }),
    );
  });

  test('is the same however often it is asked, and differs within a fleet', () => {
    const fleet = Array.from({ length: 100 }, (_, one) =>
      renewalTime(issued({ fingerprint: `f${one}` }), {}).getTime(),
    );
    assert.equal(renewalTime(issued({ fingerprint: 'f1' }), {}).getTime(), fleet[1]);
    assert.ok(new Set(fleet).size > 95);
  });

  const asked: readonly (readonly [spec: Parameters<typeof renewalTime>[1], expected: string])[] = [
    [{ renewBefore: '240h' }, '2026-07-20T00:00:00.000Z'],
    [{ renewBeforePercentage: 50 }, '2026-06-15T00:00:00.000Z'],
  ];
  for (const [spec, expected] of asked) {
    test(`${JSON.stringify(spec)} is taken at its word`, () => {
      assert.equal(renewalTime(issued(), spec).toISOString(), expected);
    });
  }

  test('a renewBefore longer than the lifetime is passed over, so that it cannot renew for ever', () => {
    const moment = renewalTime(issued(), { renewBefore: '8760h' });
    assert.ok(moment > at('2026-06-20T00:00:00Z'));
  });
});

describe('spread', () => {
  test('lies in [-1, 1) and uses all of it', () => {
    const values = Array.from({ length: 1_000 }, (_, one) => spread(`certificate-${one}`));
    assert.ok(values.every((value) => value >= -1 && value < 1));
    for (const [low, high] of [
      [-1, -0.5],
      [-0.5, 0],
      [0, 0.5],
      [0.5, 1],
    ] as const) {
      assert.ok(values.filter((value) => value >= low && value < high).length > 150);
    }
  });
});

describe('a duration', () => {
  const cases = [
    ['720h', 2_592_000_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['', undefined],
    ['10d', undefined],
    ['h', undefined],
  ] as const;
  for (const [text, ms] of cases)
    test(`${JSON.stringify(text)} is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
});
