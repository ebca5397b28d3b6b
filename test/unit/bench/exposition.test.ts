import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valueOf } from '../../bench/exposition.ts';

test('a series is found by its labels, in any order, and is 0 where it is not there', () => {
  const text = [
    '# TYPE events_total counter',
    'events_total{resource="secrets",event="modified"} 7',
    'events_total{resource="certificates",event="modified"} 9',
    'events_total_other{resource="secrets",event="modified"} 1',
  ].join('\n');
  assert.equal(valueOf(text, 'events_total', { event: 'modified', resource: 'certificates' }), 9);
  assert.equal(valueOf(text, 'events_total', { resource: 'secrets' }), 7);
  assert.equal(valueOf(text, 'events_total', { resource: 'pods' }), 0);
});
