import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Suggested } from '../../../../../src/controllers/certificate/observed.ts';
import { renewalOf, type Timing } from '../../../../../src/controllers/certificate/renewal/renewal-time.ts';
import { begins, dayMs, lifetimes, ms, sundays, timing, told, window } from './timing.ts';

const nightly = (timezone: string): Timing['spec'] => ({
  renewal: { windows: [{ cron: '0 3 * * *', timezone, windowDuration: '2h' }] },
});

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

describe('a certificate that was asked back', () => {
  test('is renewed when it nears its end, and not before, unless the CA asks for it at once', () => {
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
