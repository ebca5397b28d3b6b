import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { linkTargets } from '../../../src/acme/links.ts';
import { retryAfterMs } from '../../../src/acme/retry-after.ts';

const now = new Date('2026-06-01T00:00:00Z');
const week = 7 * 24 * 3_600_000;

describe('Retry-After', () => {
  const cases: readonly (readonly [header: string | undefined, date: string | undefined, ms: number | undefined])[] = [
    [undefined, undefined, undefined],
    ['', undefined, undefined],
    ['soon', undefined, undefined],
    ['-5', undefined, undefined],
    ['1.5', undefined, undefined],
    ['0', undefined, 0],
    [' 120 ', undefined, 120_000],
    ['99999999999999999999', undefined, week],
    ['Mon, 01 Jun 2026 00:02:00 GMT', undefined, 120_000],
    ['Sun, 31 May 2026 23:00:00 GMT', undefined, 0],
    ['Fri, 01 Jun 2096 00:00:00 GMT', undefined, week],
    // the server's clock counts, not ours
    ['Mon, 01 Jun 2026 05:00:10 GMT', 'Mon, 01 Jun 2026 05:00:00 GMT', 10_000],
  ];
  for (const [header, date, ms] of cases) {
    test(`"${header}"${date === undefined ? '' : ` at ${date}`} is ${ms} ms`, () => {
      assert.equal(retryAfterMs(header, date, now), ms);
    });
  }

  test('is none or between nothing and a week, whatever the header says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String)), (header) => {
        const ms = retryAfterMs(header, undefined, now);
        assert.ok(ms === undefined || (ms >= 0 && ms <= week));
      }),
    );
  });
});

describe('the targets of Link headers', () => {
  const base = 'https://ca.example/certificate/1';
  const cases: readonly (readonly [name: string, headers: string[], targets: string[]])[] = [
    ['are none without headers', [], []],
    [
      'are those of the relation',
      ['<https://a.example/>;rel="up"', '<https://b.example/>;rel="alternate"'],
      ['https://b.example/'],
    ],
    [
      'may stand in one header',
      ['<https://a.example/>; rel=alternate, <https://b.example/>;rel="alternate"'],
      ['https://a.example/', 'https://b.example/'],
    ],
    ['may be relative', ['</alternate/1>;rel="alternate"'], ['https://ca.example/alternate/1']],
    ['may hold commas', ['<https://a.example/?a,b>; title="x, y"; rel="alternate"'], ['https://a.example/?a,b']],
    ['may have several relations', ['<https://a.example/>;rel="up alternate"'], ['https://a.example/']],
    ['are left out where they are no URL', ['<http://[>;rel="alternate"'], []],
  ];
  for (const [name, headers, targets] of cases) {
    test(name, () => assert.deepEqual(linkTargets(headers, 'alternate', base), targets));
  }
});
