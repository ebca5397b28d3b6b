import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableOf } from '../../bench/table.ts';

const result = {
  case: 'first',
  subject: 'ours',
  metric: 'ready_ms',
  unit: 'ms',
  median: 812.4,
  min: 790,
  max: 840.6,
  n: 3,
};

test('a table has both subjects of a metric in one line, with the ratio of their medians', () => {
  const peer = { ...result, subject: 'peer', median: 406.2, min: 400, max: 410 };
  const writes = { ...result, metric: 'writes', unit: '1', median: 4, min: 4, max: 4 };
  const table = tableOf(
    [result, peer, writes, { ...writes, subject: 'peer', median: 0, min: 0, max: 0 }],
    ['ours', 'peer'],
  );
  assert.equal(
    table,
    [
      'case   metric    unit  ours  min..max  peer  min..max  ours/peer',
      'first  ready_ms  ms     812  790..841   406  400..410       2.00',
      '       writes    1        4      4..4     0      0..0',
    ].join('\n'),
  );
});

test('a table leaves the cells of a subject empty that has no such metric', () => {
  const lines = tableOf([result], ['ours', 'peer']).split('\n');
  assert.equal(lines[1], 'first  ready_ms  ms     812  790..841');
});

test('a table has the ratio to each peer, and none where ours stands alone', () => {
  const of = (subject: string, median: number) => ({ ...result, subject, median, min: median, max: median });
  const all = [of('ours', 8), of('peer', 4), of('other', 16)];
  assert.deepEqual(
    tableOf(all, ['ours', 'peer', 'other'])
      .split('\n')
      .map((line) => line.split(/ {2,}/).slice(-2)),
    [
      ['ours/peer', 'ours/other'],
      ['2.00', '0.50'],
    ],
  );
  assert.match(tableOf(all, ['ours']), /^case .* ours {2}min\.\.max\nfirst .* 8 {6}8\.\.8$/);
});
