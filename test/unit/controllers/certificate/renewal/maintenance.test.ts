import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MaintenanceWindows } from '../../../../../src/controllers/certificate/renewal/maintenance.ts';

const hourMs = 3_600_000;
const at = (text: string): number => Date.parse(text);
const sundays = { cron: '0 2 * * SUN', windowDuration: '4h' };
const nightly = { cron: '0 22 * * *', timezone: 'Europe/Berlin', windowDuration: '6h' };

describe('maintenance windows', () => {
  test('open for each certificate in the first half of them, and close together', () => {
    const opens = Array.from({ length: 200 }, (_, one) =>
      new MaintenanceWindows([sundays], `${one}`).next(at('2026-06-01T00:00:00Z'), at('2026-06-30T00:00:00Z')),
    );
    const [first, last] = [Math.min(...opens.map(Number)), Math.max(...opens.map(Number))];
    assert.ok(first >= at('2026-06-07T02:00:00Z') && first < at('2026-06-07T02:05:00Z'));
    assert.ok(last > at('2026-06-07T03:55:00Z') && last < at('2026-06-07T04:00:00Z'));
    const one = new MaintenanceWindows([sundays], '1');
    assert.deepEqual(
      ['2026-06-07T01:59:59Z', '2026-06-07T04:00:00Z', '2026-06-07T05:59:59Z', '2026-06-07T06:00:00Z'].map((time) =>
        one.isOpen(at(time)),
      ),
      [false, true, true, false],
    );
  });

  test('may begin on one day and end on the next', () => {
    const one = new MaintenanceWindows([nightly], '1');
    assert.equal(one.isOpen(at('2026-06-02T01:59:59Z')), true); // 03:59:59 in Berlin
    assert.equal(one.isOpen(at('2026-06-02T02:00:00Z')), false);
  });

  test('are asked for the first of them that opens', () => {
    const both = new MaintenanceWindows([sundays, nightly], '1');
    const next = both.next(at('2026-06-07T00:00:00Z') - 1, at('2026-06-30T00:00:00Z'));
    assert.equal(next, at('2026-06-07T00:00:00Z') - 1); // Saturday night is open in Berlin
    const sunday = both.next(at('2026-06-07T02:00:00Z'), at('2026-06-30T00:00:00Z')) ?? 0;
    assert.ok(sunday >= at('2026-06-07T02:00:00Z') && sunday < at('2026-06-07T04:00:00Z'));
  });

  test('that do not open in time are none', () => {
    const one = new MaintenanceWindows([sundays], '1');
    assert.equal(one.next(at('2026-06-07T06:00:00Z'), at('2026-06-14T02:00:00Z') - hourMs), undefined);
  });

  test('that cannot be read never open', () => {
    const odd = [
      { ...sundays, cron: 'at dawn' },
      { ...sundays, timezone: 'Mars/Phobos' },
      { ...sundays, windowDuration: 'long' },
    ];
    for (const window of odd) {
      assert.equal(new MaintenanceWindows([window], '1').next(0, at('2100-01-01T00:00:00Z')), undefined);
    }
  });
});
