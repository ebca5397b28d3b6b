import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countCertificates, createMetrics, watchEventLoop } from '../../../src/telemetry/index.ts';
import { virtualClock } from '../../kit/clock.ts';

async function exposed(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  return (await metrics.exposition()).text.split('\n');
}

describe('metrics', () => {
  test('count under their names and labels', async () => {
    const metrics = createMetrics({ node: false });
    metrics.reconciles.inc({ controller: 'certificate', outcome: 'settled' });
    metrics.reconciles.inc({ controller: 'certificate', outcome: 'settled' }, 2);
    metrics.reconcileSeconds.observe({ controller: 'certificate' }, 0.2);
    metrics.leader.set({}, 1);
    const lines = await exposed(metrics);
    assert.ok(lines.includes('evercert_reconcile_total{controller="certificate",outcome="settled"} 3'));
    assert.ok(lines.includes('evercert_reconcile_seconds_bucket{le="0.05",controller="certificate"} 0'));
    assert.ok(lines.includes('evercert_reconcile_seconds_bucket{le="0.5",controller="certificate"} 1'));
    assert.ok(lines.includes('evercert_leader 1'));
  });

  test('are a set of their own: two of them do not disturb each other', async () => {
    const [one, two] = [createMetrics({ node: false }), createMetrics({ node: false })];
    one.certificatesIssued.inc({});
    assert.ok((await exposed(one)).includes('evercert_certificates_issued_total 1'));
    assert.ok((await exposed(two)).includes('evercert_certificates_issued_total 0'));
  });

  test('are collected anew before each scrape', async () => {
    const metrics = createMetrics({ node: false });
    let depth = 3;
    metrics.beforeScrape(() => metrics.queueDepth.set({ controller: 'certificate' }, depth));
    assert.ok((await exposed(metrics)).includes('evercert_queue_depth{controller="certificate"} 3'));
    depth = 5;
    assert.ok((await exposed(metrics)).includes('evercert_queue_depth{controller="certificate"} 5'));
  });

  test('have a help sentence each and never a label that grows with the Certificates', () => {
    for (const { name, help, labels } of createMetrics({ node: false }).describe()) {
      assert.match(name, /^evercert_[a-z_]+$/);
      assert.match(help, /\.$/, name);
      for (const label of ['name', 'host', 'certificate', 'path', 'token', 'order', 'serial']) {
        assert.ok(!labels.includes(label), name);
      }
    }
  });

  test('of Node and the process stand beside ours', () => {
    const names = new Set(
      createMetrics()
        .describe()
        .map(({ name }) => name),
    );
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']) {
      assert.ok(names.has(name), name);
    }
  });
});

describe('metrics of Certificates', () => {
  const now = new Date('2026-06-01T00:00:00Z');
  const inDays = (days: number): Date => new Date(now.getTime() + days * 86_400_000);
  const figure = (days: number | undefined, namespace = 'shop', issuerKey = 'ClusterIssuer/le') => {
    const notAfterMs = days === undefined ? undefined : inDays(days).getTime();
    const renewalMs = notAfterMs === undefined ? undefined : notAfterMs - 30 * 86_400_000;
    return { namespace, issuerKey, ready: 'True' as const, notAfterMs, renewalMs };
  };

  test('count by Ready, expiry within each bucket, and the earliest expiry and renewal of namespace and issuer', async () => {
    const metrics = createMetrics({ node: false });
    const unready = { ...figure(undefined), ready: 'False' as const };
    await countCertificates(metrics, [figure(-1), figure(2), figure(20), figure(60, 'blog'), unready], now);
    const lines = await exposed(metrics);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('evercert_certificates')).filter((line) => !line.includes('issued')),
      [
        'evercert_certificates{ready="True"} 4',
        'evercert_certificates{ready="False"} 1',
        'evercert_certificates{ready="Unknown"} 0',
        'evercert_certificates_expiring{issuer="ClusterIssuer/le",within="0d"} 1',
        'evercert_certificates_expiring{issuer="ClusterIssuer/le",within="1d"} 1',
        'evercert_certificates_expiring{issuer="ClusterIssuer/le",within="3d"} 2',
        'evercert_certificates_expiring{issuer="ClusterIssuer/le",within="7d"} 2',
        'evercert_certificates_expiring{issuer="ClusterIssuer/le",within="14d"} 2',
        'evercert_certificates_expiring{issuer="ClusterIssuer/le",within="30d"} 3',
        `evercert_certificates_earliest_expiry_timestamp_seconds{namespace="shop",issuer="ClusterIssuer/le"} ${inDays(-1).getTime() / 1000}`,
        `evercert_certificates_earliest_expiry_timestamp_seconds{namespace="blog",issuer="ClusterIssuer/le"} ${inDays(60).getTime() / 1000}`,
        `evercert_certificates_earliest_renewal_timestamp_seconds{namespace="shop",issuer="ClusterIssuer/le"} ${inDays(-31).getTime() / 1000}`,
        `evercert_certificates_earliest_renewal_timestamp_seconds{namespace="blog",issuer="ClusterIssuer/le"} ${inDays(30).getTime() / 1000}`,
      ],
    );
  });

  test('are counted in turns where they are many, so that others have theirs before the last', async () => {
    let isTheirs = false;
    setImmediate(() => {
      isTheirs = true;
    });
    let counted = 0;
    function* figures(): Generator<ReturnType<typeof figure>, void, void> {
      for (; counted < 1_000_000; counted += 1) {
        if (isTheirs) return;
        yield figure(2);
      }
    }
    await countCertificates(createMetrics({ node: false }), figures(), now);
    assert.ok(counted < 1_000_000, 'all were counted in one turn');
  });

  test('tell of no renewal where certificates are never renewed by themselves', async () => {
    const metrics = createMetrics({ node: false });
    await countCertificates(metrics, [{ ...figure(2), renewalMs: undefined }], now);
    const text = (await exposed(metrics)).join('\n');
    assert.ok(text.includes('evercert_certificates_earliest_expiry_timestamp_seconds{'));
    assert.ok(!text.includes('evercert_certificates_earliest_renewal_timestamp_seconds{'));
  });

  test('leave with the last Certificate of their issuer and namespace', async () => {
    const metrics = createMetrics({ node: false });
    await countCertificates(metrics, [figure(2), figure(2, 'blog')], now);
    await countCertificates(metrics, [figure(2, 'blog')], now);
    const text = (await exposed(metrics)).join('\n');
    assert.ok(!text.includes('namespace="shop"'));
    assert.ok(text.includes('namespace="blog"'));
  });
});

describe('event loop delay', () => {
  test('is how much later than due a timer ran, until aborted', async () => {
    const metrics = createMetrics({ node: false });
    const clock = virtualClock();
    const late = { ...clock, monotonicMs: () => clock.monotonicMs() * 1.2 }; // each 500 ms last 600
    const controller = new AbortController();
    const watching = watchEventLoop({ clock: late, metrics }, controller.signal);
    await clock.advance(1000);
    controller.abort();
    await watching;
    const lines = await exposed(metrics);
    assert.ok(lines.includes('evercert_event_loop_delay_seconds_bucket{le="0.05"} 0'));
    assert.ok(lines.includes('evercert_event_loop_delay_seconds_bucket{le="0.25"} 2'));
    assert.equal(clock.pending, 0);
  });
});
