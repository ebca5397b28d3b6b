import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases, secrets } from '../../../src/kube/index.ts';
import { apiServer } from '../../../src/processes/api-server.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import { createMetrics } from '../../../src/telemetry/index.ts';
import { scriptedServer } from '../../kit/api-server.ts';
import { recordedLog } from '../../kit/log.ts';

test('calls to the API server are counted by verb, kind and answer, and timed', async () => {
  const ref = { namespace: 'default', name: 'web' };
  await using server = await scriptedServer(({ url }, response) => {
    if (url.pathname.includes('/leases/')) response.destroy();
    else response.writeHead(404).end(JSON.stringify({ kind: 'Status', details: { name: 'web' } }));
  });
  const metrics = createMetrics({ node: false });
  const config = { kubeconfig: server.kubeconfig, httpsProxy: undefined, noProxy: undefined };
  const client = apiServer(config, { log: recordedLog(), metrics, version: '1.2.3' });
  await client.get(secrets, ref);
  await client.get(secrets, ref);
  await assert.rejects(client.get(leases, ref), TransientError);
  await client.close();
  const { text } = await metrics.exposition();
  for (const line of [
    'evercert_kubernetes_requests_total{verb="get",resource="secrets",code="404"} 2',
    'evercert_kubernetes_requests_total{verb="get",resource="leases",code="failed"} 1',
    'evercert_kubernetes_request_seconds_count{verb="get"} 3',
  ]) {
    assert.ok(text.includes(`${line}\n`), text);
  }
  assert.match(text, /evercert_kubernetes_wait_seconds_total\{lane="requests"\} \d/);
  assert.equal(server.requests[0]?.headers['user-agent'], 'evercert/1.2.3');
});
