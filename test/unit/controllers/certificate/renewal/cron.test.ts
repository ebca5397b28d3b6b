import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { firstMatch, parseCron, zoneOffset } from '../../../../../src/controllers/certificate/renewal/cron.ts';

/** The first times from `from` on, as they are read in UTC. */
function times(expression: string, zone: string, from: string, count = 3): readonly string[] {
  const cron = parseCron(expression);
  const offsetMs = zoneOffset(zone);
  assert.ok(cron && offsetMs);
  const found: string[] = [];
  let next = Date.parse(from);
  while (found.length < count) {
    const at = firstMatch(cron, offsetMs, next, next + 400 * 86_400_000);
    if (at === undefined) break;
    found.push(new Date(at).toISOString().replace(':00.000Z', ''));
    next = at + 1;
  }
  return found;
}

describe('a cron expression', () => {
  const june = '2026-06-01T00:00:00Z'; // a Monday
  const cases: readonly (readonly [expression: string, zone: string, expected: readonly string[]])[] = [
    ['0 3 * * *', 'UTC', ['2026-06-01T03:00', '2026-06-02T03:00', '2026-06-03T03:00']],
    ['*/20 * * * *', 'UTC', ['2026-06-01T00:00', '2026-06-01T00:20', '2026-06-01T00:40']],
    ['10/25 5 * * *', 'UTC', ['2026-06-01T05:10', '2026-06-01T05:35', '2026-06-02T05:10']],
    ['0 22-1 * * *', 'UTC', ['2026-06-01T00:00', '2026-06-01T01:00', '2026-06-01T22:00']],
    ['0 0 1 * *', 'UTC', ['2026-06-01T00:00', '2026-07-01T00:00', '2026-08-01T00:00']],
    ['0 0 31 * *', 'UTC', ['2026-07-31T00:00', '2026-08-31T00:00', '2026-10-31T00:00']],
    ['0 0 * JAN,dec *', 'UTC', ['2026-12-01T00:00', '2026-12-02T00:00', '2026-12-03T00:00']],
    ['0 0 * * sun', 'UTC', ['2026-06-07T00:00', '2026-06-14T00:00', '2026-06-21T00:00']],
    ['0 0 * * 7', 'UTC', ['2026-06-07T00:00', '2026-06-14T00:00', '2026-06-21T00:00']],
    ['0 0 * * FRI-MON', 'UTC', ['2026-06-01T00:00', '2026-06-05T00:00', '2026-06-06T00:00']],
    // Either day is enough, as in every cron.
    ['0 0 3 * FRI', 'UTC', ['2026-06-03T00:00', '2026-06-05T00:00', '2026-06-12T00:00']],
    ['0 0 */2 * FRI', 'UTC', ['2026-06-05T00:00', '2026-06-19T00:00', '2026-07-03T00:00']],
    ['0 3 * * *', 'Asia/Kolkata', ['2026-06-01T21:30', '2026-06-02T21:30', '2026-06-03T21:30']],
    ['0 3 * * MON', 'Pacific/Auckland', ['2026-06-07T15:00', '2026-06-14T15:00', '2026-06-21T15:00']],
    ['0 0 30 2 *', 'UTC', []],
  ];
  for (const [expression, zone, expected] of cases) {
    test(`${expression} in ${zone} comes true ${expected.length === 0 ? 'never' : `at ${expected.join(', ')}`}`, () =>
      assert.deepEqual(times(expression, zone, june), expected));
  }

  test('comes later by the hour that clocks leave out, and once in the hour that they show twice', () => {
    assert.deepEqual(times('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2), [
      '2026-03-29T01:30', // 03:30, since 02:30 is left out
      '2026-03-30T00:30',
    ]);
    assert.deepEqual(times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2), [
      '2026-10-25T00:30', // the first 02:30
      '2026-10-26T01:30',
    ]);
  });

  const none = [
    '',
    '0 3 * *',
    '0 3 * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '@daily',
  ];
  const odd = [
    '*/0 * * * *',
    '1-2-3 * * * *',
    '1/2/3 * * * *',
    'MON * * * *',
    ', * * * *',
    '-1 * * * *',
    '1.5 * * * *',
  ];
  for (const text of [...none, ...odd]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseCron(text), undefined));
  }

  test('is found at the same times however far back one begins to look', () => {
    const anyExpression = fc
      .tuple(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 23 }), fc.constantFrom('*', 'SUN', 'MON-FRI'))
      .map(([minute, hour, weekday]) => `${minute} ${hour} * * ${weekday}`);
    const anyZone = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/Santiago',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
    );
    const anyStart = fc.integer({ min: Date.parse(june), max: Date.parse('2027-06-01T00:00:00Z') });
    fc.assert(
      fc.property(
        anyExpression,
        anyZone,
        anyStart,
        fc.integer({ min: 1, max: 86_400_000 }),
        (text, zone, from, back) => {
          const [cron, offsetMs] = [parseCron(text), zoneOffset(zone)];
          assert.ok(cron && offsetMs);
          const to = from + 9 * 86_400_000;
          const at = firstMatch(cron, offsetMs, from, to);
          assert.ok(at !== undefined && at >= from);
          const earlier = firstMatch(cron, offsetMs, from - back, to) ?? 0;
          assert.ok(earlier === at || earlier < from);
          assert.equal(firstMatch(cron, offsetMs, at, to), at);
        },
      ),
    );
  });
});

describe('a time zone', () => {
  test('is known by its IANA name alone', () => {
    assert.equal(zoneOffset('Mars/Phobos'), undefined);
    assert.equal(zoneOffset('')?.(0), undefined);
    assert.equal(zoneOffset('Europe/Berlin')?.(Date.parse('2026-07-01T00:00:00.500Z')), 7_200_000);
  });
});
