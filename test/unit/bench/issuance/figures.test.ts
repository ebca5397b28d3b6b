import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sumOf } from '../../../bench/exposition.ts';
import { figures, samplesOf } from '../../../bench/issuance/figures.ts';

const measured = {
  readyMs: [300, 100, 200, 400],
  routeMs: [],
  stormMs: undefined,
  acmeRequests: 28,
  renewalInfoRequests: 4,
  writes: 17,
  refusedWrites: 1,
  events: 4,
};

describe('the figures of a round', () => {
  test('are percentiles of the times, and counts for each certificate', () => {
    assert.deepEqual(
      figures(samplesOf(measured)).map(({ metric, value }) => [metric, value]),
      [
        ['ready_ms_p50', 200],
        ['ready_ms_p99', 400],
        ['acme_requests', 7],
        ['renewal_info_requests', 1],
        ['api_writes', 4.25],
        ['api_writes_refused', 0.25],
        ['events', 1],
      ],
    );
  });

  test('have the time of routes where a route is new, and the rate of a storm', () => {
    const found = figures(samplesOf({ ...measured, routeMs: [50, 60], stormMs: 2_000 }));
    assert.equal(found.find(({ metric }) => metric === 'route_ms_p50')?.value, 50);
    assert.equal(found.find(({ metric }) => metric === 'certificates_per_second')?.value, 2);
  });
});

test('all series of a metric are summed, and no other metric that begins alike', () => {
  const exposition = `# HELP acme_total Requests.
acme_total{resource="order",status="200"} 3
acme_total{resource="newOrder",status="201"} 4
acme_total_created{resource="order"} 99
plain 5`;
  assert.equal(sumOf('acme_total', exposition), 7);
  assert.equal(sumOf('plain', exposition), 5);
  assert.equal(sumOf('absent', exposition), 0);
});
