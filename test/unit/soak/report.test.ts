import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Measure } from '../../soak/messages.ts';
import { type Report, remainsViolations, summaryOf, trends, violationsOf } from '../../soak/report.ts';

const mebi = 2 ** 20;

function measure(part: Partial<Measure> = {}): Measure {
  return {
    heapBytes: 40 * mebi,
    residentBytes: 180 * mebi,
    sockets: 14,
    timers: 14,
    abortListeners: 20,
    lists: { pods: 3 },
    watchesOpened: { pods: 9 },
    changes: 1_000,
    unauthorized: 2,
    findings: [],
    ...part,
  };
}

function pointsOf(...heapMebibytes: number[]) {
  return heapMebibytes.map((heap, n) => ({ ms: n * 60_000, measure: measure({ heapBytes: heap * mebi }) }));
}

const flat = trends(pointsOf(30, 40, 40, 40));

describe('what a soak comes to', () => {
  test('is well when memory is flat and lists are few', () => {
    assert.deepEqual(violationsOf({ ...flat, last: measure(), faults: { cut: 4 } }), []);
  });

  test('leaves out that memory grows until all is warm', () => {
    assert.equal(flat.heap.growthBytes, 0);
  });

  test('is a violation when the heap grows', () => {
    const grown = trends(pointsOf(30, 40, 43, 46, 49));
    assert.deepEqual(violationsOf({ ...grown, last: measure(), faults: { cut: 4 } }), [
      'the heap memory grew by 9.0 MiB: it is not flat',
    ]);
  });

  for (const [what, part] of [
    ['lists', { lists: { pods: 10 } }],
    ['watches', { watchesOpened: { pods: 34 } }],
  ] as const) {
    test(`is a violation when a cache begins more ${what} than the faults explain`, () => {
      const [violation, ...others] = violationsOf({ ...flat, last: measure(part), faults: { cut: 3, killed: 1 } });
      assert.match(violation ?? '', /^pods began \d+ lists and \d+ watches, too many for 4 faults$/);
      assert.deepEqual(others, []);
    });
  }

  test('is a violation when anything is left at the end', () => {
    assert.deepEqual(remainsViolations({ resources: [] }), []);
    assert.deepEqual(remainsViolations({ resources: ['Timeout'] }), [
      'the subject ended everything, but was kept alive by Timeout',
    ]);
  });

  test('is told with its seed, each kind of fault and each violation', () => {
    const report: Report = {
      ...flat,
      seed: 7,
      durationMs: 120_000,
      writes: 900,
      failedWrites: 3,
      faults: { 'connections cut': 4, 'API server killed': 2 },
      compactions: 40,
      quietPoints: 4,
      slowestMs: 2_345,
      objects: 800,
      expectedEvents: 700,
      last: measure(),
      violations: ['pods is not as a fresh list'],
    };
    const summary = summaryOf(report);
    assert.match(summary, /^Soak of 2\.0 minutes with seed 7:$/m);
    assert.match(summary, /4 connections cut, 2 API server killed/);
    assert.match(summary, /4, of 800 objects; equal after 2\.3 s at most/);
    assert.match(summary, /violations +1\n +pods is not as a fresh list$/);
  });
});
