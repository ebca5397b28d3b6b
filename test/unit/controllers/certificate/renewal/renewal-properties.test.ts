import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Suggested } from '../../../../../src/controllers/certificate/observed.ts';
import {
  type Renewal,
  renewalOf,
  type Timing,
} from '../../../../../src/controllers/certificate/renewal/renewal-time.ts';
import { dayMs, hourMs, lifetimes, secondMs } from './timing.ts';

const anySpec = fc.oneof(
  fc.constant<Timing['spec']>({}),
  fc.integer({ min: 1, max: 99 }).map((renewBeforePercentage): Timing['spec'] => ({ renewBeforePercentage })),
  fc.integer({ min: 1, max: 10_000 }).map((hours): Timing['spec'] => ({ renewBefore: `${hours}h` })),
);
const anyMaintenance = fc
  .record({
    minute: fc.integer({ min: 0, max: 59 }),
    hour: fc.integer({ min: 0, max: 23 }),
    weekday: fc.constantFrom('*', 'SUN', 'MON-FRI', 'TUE,THU'),
    hours: fc.integer({ min: 1, max: 12 }),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Santiago'),
  })
  .map(({ minute, hour, weekday, hours, timezone }): Timing['spec'] => ({
    renewal: { windows: [{ cron: `${minute} ${hour} * * ${weekday}`, timezone, windowDuration: `${hours}h` }] },
  }));

const anyTiming = (anyOfSpec: fc.Arbitrary<Timing['spec']>): fc.Arbitrary<Timing> =>
  fc
    .record({
      lifetimeMs: fc.constantFrom(...lifetimes),
      start: fc.integer({ min: 1.7e9, max: 2e9 }).map((seconds) => seconds * secondMs),
      backdatedMs: fc.integer({ min: 0, max: hourMs }),
      fingerprint: fc.uuid(),
      window: fc.option(
        fc.tuple(fc.double({ min: -1, max: 2, noNaN: true }), fc.double({ min: 0.001, max: 1, noNaN: true })),
      ),
      immediate: fc.boolean(),
      spec: anyOfSpec,
    })
    .map(({ lifetimeMs, start, backdatedMs, fingerprint, window: shares, immediate, spec }) => {
      const from = start + lifetimeMs * (shares?.[0] ?? 0);
      const suggested: Suggested | undefined =
        shares === null
          ? undefined
          : { start: new Date(from), end: new Date(from + lifetimeMs * shares[1]), immediate };
      return {
        issued: { notBefore: new Date(start - backdatedMs), notAfter: new Date(start + lifetimeMs), fingerprint },
        issuedAt: new Date(start),
        spec,
        suggested,
        started: false,
        held: false,
      };
    });

describe('the time of a renewal, for any certificate of 6 hours to 398 days,', () => {
  const renewal = (one: Timing, now: Date = one.issuedAt ?? new Date(0)): Renewal => {
    const found = renewalOf(one, now);
    assert.ok(found);
    return found;
  };

  test('is never in the first minutes after it was stored', () => {
    fc.assert(
      fc.property(anyTiming(fc.oneof(anySpec, anyMaintenance)), (one) => {
        const stored = one.issuedAt?.getTime() ?? 0;
        const least = Math.min(hourMs, (one.issued.notAfter.getTime() - stored) / 20);
        assert.ok(renewal(one).at.getTime() >= stored + least - secondMs);
      }),
    );
  });

  test('is no later than when 5 % of the lifetime are left, unless renewBefore itself is', () => {
    fc.assert(
      fc.property(anyTiming(fc.oneof(fc.constant({}), anyMaintenance)), (one) => {
        const { notBefore, notAfter } = one.issued;
        const latest = notAfter.getTime() - (notAfter.getTime() - notBefore.getTime()) / 20;
        const stored = one.issuedAt?.getTime() ?? 0;
        assert.ok(renewal(one).at.getTime() <= Math.max(latest, stored + hourMs));
      }),
    );
    fc.assert(
      fc.property(anyTiming(anySpec), (one) => {
        assert.ok(renewal(one).at < one.issued.notAfter);
      }),
    );
  });

  test('comes true exactly then, is not taken back, and tells itself until then', () => {
    fc.assert(
      fc.property(anyTiming(anySpec), fc.double({ min: 0, max: 1, noNaN: true }), (one, share) => {
        const { at } = renewal(one);
        const now = new Date(at.getTime() * share + (one.issuedAt?.getTime() ?? 0) * (1 - share));
        assert.deepEqual([renewal(one, now).at, renewal(one, now).due], [at, now >= at]);
        assert.equal(renewal(one, new Date(at.getTime() - secondMs)).due, false);
        assert.equal(renewal(one, at).due, true);
        assert.equal(renewal(one, new Date(at.getTime() + 30 * dayMs)).due, true);
      }),
    );
  });

  test('waits in maintenance windows for the time that it tells, and is due when that has come', () => {
    fc.assert(
      fc.property(anyTiming(anyMaintenance), fc.double({ min: 0, max: 1.2, noNaN: true }), (one, share) => {
        const life = one.issued.notAfter.getTime() - one.issued.notBefore.getTime();
        const now = new Date(one.issued.notBefore.getTime() + life * share);
        const found = renewal(one, now);
        if (found.due) return assert.ok(found.at <= now);
        assert.ok(found.at > now);
        const then = renewal(one, found.at);
        return assert.ok(then.due, `promised for ${found.at.toISOString()}, then ${JSON.stringify(then)}`);
      }),
    );
  });

  test('goes on where an order is on its way, whether or not a maintenance window is open', () => {
    fc.assert(
      fc.property(anyTiming(anyMaintenance), (one) => {
        const { at } = renewal(one);
        const later = new Date(at.getTime() + 13 * hourMs);
        assert.equal(renewal({ ...one, started: true }, later).due, true);
      }),
    );
  });

  test('is earlier, or the same, where the user or the CA ask for an earlier one', () => {
    fc.assert(
      fc.property(anyTiming(fc.constant({})), fc.integer({ min: 1, max: 98 }), (one, percentage) => {
        const asked = (renewBeforePercentage: number): number =>
          renewal({ ...one, spec: { renewBeforePercentage } }).at.getTime();
        assert.ok(asked(percentage + 1) <= asked(percentage));
        const { suggested } = one;
        if (suggested === undefined) return;
        const sooner = {
          ...suggested,
          start: new Date(suggested.start.getTime() - hourMs),
          end: new Date(suggested.end.getTime() - hourMs),
        };
        assert.ok(renewal({ ...one, suggested: sooner }).at <= renewal(one).at);
      }),
    );
  });
});
