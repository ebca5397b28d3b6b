import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Suggested } from '../../../../../src/controllers/certificate/observed.ts';
import { parseDuration } from '../../../../../src/controllers/certificate/renewal/duration.ts';
import {
  type Renewal,
  renewalOf,
  type Timing,
} from '../../../../../src/controllers/certificate/renewal/renewal-time.ts';

const secondMs = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A Monday, at midnight. */
const begins = Date.parse('2026-06-01T00:00:00Z');

/** `160h` or `12d12h` in milliseconds. */
function ms(text: string): number {
  const hours = text
    .replace(/(\d+)d/, (_, days) => `${Number(days) * 24}h`)
    .replace(/^(\d+)h(\d+)h/, (_, a, b) => `${Number(a) + Number(b)}h`);
  return parseDuration(hours) ?? Number.NaN;
}

/** Milliseconds as days, hours and minutes. */
function told(duration: number): string {
  const minutes = Math.floor(duration / 60_000);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  return [days > 0 ? `${days}d` : '', hours > 0 ? `${hours}h` : '', rest > 0 ? `${rest}m` : ''].join('') || '0';
}

function timing(lifetimeMs: number, overrides: Partial<Timing> = {}): Timing {
  const issued = { notBefore: new Date(begins), notAfter: new Date(begins + lifetimeMs), fingerprint: 'c0ffee' };
  return {
    issued,
    issuedAt: new Date(begins),
    spec: {},
    suggested: undefined,
    started: false,
    held: false,
    ...overrides,
  };
}

/** The window from one time after issuance to another. */
function window(from: string, to: string, immediate = false): Suggested {
  return { start: new Date(begins + ms(from)), end: new Date(begins + ms(to)), immediate };
}

const nightly = (timezone: string): Timing['spec'] => ({
  renewal: { windows: [{ cron: '0 3 * * *', timezone, windowDuration: '2h' }] },
});
const sundays: Timing['spec'] = { renewal: { windows: [{ cron: '0 2 * * SUN', windowDuration: '4h' }] } };

describe('the time of a renewal, counted from issuance at the beginning of a Monday:', () => {
  const nothing = undefined;
  const ofLetsEncrypt90 = window('59d', '61d');
  const table: readonly (readonly [
    lives: string,
    suggested: Suggested | undefined,
    spec: Timing['spec'],
    renewed: string,
    why: string,
  ])[] = [
    // Without the CA's word: a third of the lifetime is left, below 10 days a half, within 2 % by the fingerprint.
    ['6h', nothing, {}, '3h3m', 'half of its lifetime is left'],
    ['160h', nothing, {}, '3d9h44m', 'half of its lifetime is left'],
    ['45d', nothing, {}, '30d11h46m', 'a third of its lifetime is left'],
    ['90d', nothing, {}, '60d23h32m', 'a third of its lifetime is left'],
    ['398d', nothing, {}, '269d16h8m', 'a third of its lifetime is left'],
    // The CA's window: this certificate's own point of it.
    ['6h', window('2h50m', '3h10m'), {}, '3h6m', 'a point in the window'],
    ['160h', window('78h', '82h'), {}, '3d9h16m', 'a point in the window'],
    ['45d', window('29d', '31d'), {}, '30d15h21m', 'a point in the window'],
    ['90d', ofLetsEncrypt90, {}, '60d15h21m', 'a point in the window'],
    ['398d', window('260d', '270d'), {}, '268d4h45m', 'a point in the window'],
    ['90d', window('1d', '2d'), {}, '1d19h40m', 'a window long before its time counts as well'],
    ['90d', window('0h', '1m'), {}, '1h', 'an hour goes by before what was just issued is renewed'],
    ['6h', window('0h', '1m'), {}, '18m', 'a twentieth of its lifetime, where that is less than an hour'],
    // The emergency point.
    ['90d', window('88d', '89d'), {}, '85d12h', 'the window is too late'],
    ['160h', window('180h', '190h'), {}, '6d8h', 'the window lies after its end'],
    // Once the CA has told of a window that had passed.
    ['90d', window('9d', '10d', true), {}, '9d19h40m', 'the CA asks for it at once'],
    [
      '90d',
      window('9d', '10d', true),
      { renewBefore: '24h' },
      '9d19h40m',
      'the CA asks for it at once, whatever the spec says',
    ],
    ['90d', window('9d', '10d', true), sundays, '9d19h40m', 'the CA asks for it at once, whatever the windows are'],
    ['90d', window('0h', '1m', true), {}, '1h', 'what was just issued is not renewed over and over'],
    // The user's word: the earlier of it and the CA's.
    ['90d', nothing, { renewBefore: '240h' }, '80d', 'it is taken at its word'],
    ['90d', nothing, { renewBefore: '5m' }, '89d23h55m', 'it is taken at its word, even this late'],
    ['90d', nothing, { renewBeforePercentage: 50 }, '45d', 'it is taken at its word'],
    ['90d', ofLetsEncrypt90, { renewBefore: '1080h' }, '45d', 'it is earlier than the window'],
    ['90d', ofLetsEncrypt90, { renewBefore: '240h' }, '60d15h21m', 'the window is earlier'],
    ['6h', nothing, { renewBefore: '720h' }, '3h3m', 'it is longer than the lifetime, and passed over'],
    ['6h', nothing, { renewBefore: '5h59m' }, '18m', 'a twentieth of the lifetime goes by first'],
    // Maintenance windows: day 60 is a Friday. This certificate's turn comes late in the first half of each.
    ['90d', ofLetsEncrypt90, nightly('UTC'), '61d3h55m', 'the next night'],
    ['90d', ofLetsEncrypt90, nightly('America/New_York'), '61d7h55m', 'the next night in New York'],
    ['90d', ofLetsEncrypt90, sundays, '62d3h50m', 'the next Sunday'],
    ['90d', window('62d4h', '62d5h'), sundays, '62d4h49m', 'it falls into a window'],
    ['160h', window('78h', '82h'), sundays, '6d3h50m', 'the next Sunday'],
    ['5d', nothing, sundays, '4d18h', 'no window comes before 5 % of its lifetime are left'],
    ['90d', nothing, { ...sundays, renewBefore: '24h' }, '89d', 'what is asked for so late waits for no window'],
    [
      '90d',
      nothing,
      { renewal: { windows: [{ cron: '0 0 30 2 *', windowDuration: '1h' }] } },
      '85d12h',
      'the window never opens',
    ],
  ];
  for (const [lives, suggested, spec, renewed, why] of table) {
    const asked = JSON.stringify(spec) === '{}' ? '' : ` with ${JSON.stringify(spec)}`;
    const from =
      suggested === undefined
        ? 'without a window'
        : `with the window ${told(suggested.start.getTime() - begins)} to ${told(suggested.end.getTime() - begins)}`;
    test(`one of ${lives} ${from}${asked} is renewed after ${renewed}: ${why}`, () => {
      const renewal = renewalOf(timing(ms(lives), { suggested, spec }), new Date(begins));
      assert.equal(told((renewal?.at.getTime() ?? 0) - begins), renewed);
    });
  }

  test('there is none where the policy is Disabled', () => {
    const suggested = window('9d', '10d', true);
    const spec = { renewal: { policy: 'Disabled' as const }, renewBefore: '24h' };
    assert.equal(renewalOf(timing(90 * dayMs, { suggested, spec }), new Date(begins + 89 * dayMs)), undefined);
  });
});

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
      lifetimeMs: fc.constantFrom('6h', '160h', '45d', '90d', '398d').map(ms),
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

describe('a certificate that was asked back', () => {
  test('is renewed when it nears its end, and not before, unless the CA asks for it at once', () => {
    const lifetimes = ['6h', '160h', '45d', '90d', '398d'].map(ms);
    for (const lifetimeMs of lifetimes) {
      const at = begins + lifetimeMs * 0.95;
      const spec: Timing['spec'] = { renewBeforePercentage: 90 };
      const suggested = { start: new Date(begins), end: new Date(begins + lifetimeMs / 2), immediate: false };
      const held = timing(lifetimeMs, { held: true, spec, suggested });
      assert.deepEqual(renewalOf(held, new Date(at - 1000))?.at, new Date(at));
      assert.equal(renewalOf(held, new Date(at - 1000))?.due, false);
      assert.equal(renewalOf(held, new Date(at))?.due, true);
      const urgent = timing(lifetimeMs, { held: true, suggested: { ...suggested, immediate: true } });
      assert.equal(renewalOf(urgent, new Date(begins + lifetimeMs / 2))?.due, true);
    }
  });
});

describe('a fleet of 1,000 that was issued in one second', () => {
  const fleet = (overrides: Partial<Timing>, lifetimeMs = 90 * dayMs): readonly number[] =>
    Array.from({ length: 1_000 }, (_, one) => {
      const { issued, ...rest } = timing(lifetimeMs, overrides);
      return renewalOf({ ...rest, issued: { ...issued, fingerprint: `${one}` } }, new Date(begins))?.at.getTime() ?? 0;
    });
  const share = (times: readonly number[], ofMs: number): number => (Math.max(...times) - Math.min(...times)) / ofMs;
  const most = (times: readonly number[], withinMs: number): number => {
    const sorted = times.toSorted((a, b) => a - b);
    return Math.max(...sorted.map((from, first) => sorted.slice(first).filter((at) => at < from + withinMs).length));
  };

  test('is renewed over 4 % of its lifetime, with no more than a twentieth of it at once', () => {
    for (const lives of ['6h', '160h', '45d', '90d', '398d'].map(ms)) {
      const times = fleet({}, lives);
      assert.ok(share(times, lives) > 0.038, `${told(lives)}: ${share(times, lives)}`);
      assert.ok(most(times, lives * 0.0004) <= 50, `${told(lives)}: ${most(times, lives * 0.0004)}`);
    }
  });

  test('is renewed all over the window that the CA suggests', () => {
    const times = fleet({ suggested: window('59d', '61d') });
    assert.ok(share(times, 2 * dayMs) > 0.98);
    assert.ok(most(times, 2 * dayMs * 0.01) <= 50);
  });

  test('is renewed all over the first half of a maintenance window', () => {
    const times = fleet({ spec: { ...sundays, renewBefore: '720h' } });
    assert.ok(share(times, 2 * hourMs) > 0.98 && share(times, 2 * hourMs) <= 1);
    assert.ok(most(times, 2 * hourMs * 0.01) <= 50);
  });
});
