import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { annotations, certificates, labels } from '../../../../src/api/index.ts';
import { certificateSource } from '../../../../src/controllers/certificate-row.ts';
import type { PlannedFrom } from '../../../../src/controllers/own-writes.ts';
import {
  daemonSetSource,
  deploymentSource,
  podSource,
  reloadController,
  secretSource,
  statefulSetSource,
} from '../../../../src/controllers/reload/index.ts';
import { deployments, pods, secrets } from '../../../../src/kube/index.ts';
import { Pool } from '../../../../src/runtime/index.ts';
import { virtualClock } from '../../../kit/clock.ts';
import { recordedLog } from '../../../kit/log.ts';
import { MemoryCluster } from '../../../kit/memory-cluster.ts';

const namespace = 'shop';
const start = '2026-06-01T00:00:00Z';
const hourBefore = '2026-05-31T23:00:00Z';
const minuteBefore = '2026-05-31T23:59:00Z';

/** A Deployment `web` without a TLS port, with one pod that started before the certificate in its Secret was issued. */
function clusterAtRest(): MemoryCluster {
  const cluster = new MemoryCluster();
  const certificate = cluster.put(certificates, {
    apiVersion: 'evercert.dev/v1',
    kind: 'Certificate',
    metadata: { namespace, name: 'web' },
    spec: { secretName: 'web-tls', dnsNames: ['web.example.com'], issuerRef: { name: 'ca' } },
    status: { fingerprint: 'new' },
  });
  cluster.put(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      namespace,
      name: 'web-tls',
      labels: { [labels.certificateUID]: certificate.metadata.uid ?? '' },
      annotations: { [annotations.fingerprint]: 'new', [annotations.issuedAt]: minuteBefore },
    },
  });
  cluster.put(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name: 'web', creationTimestamp: hourBefore },
    spec: { replicas: 1, template: { spec: { volumes: [{ secret: { secretName: 'web-tls' } }] } } },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
  });
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1a2b', uid: 'uid-rs', controller: true };
  cluster.put(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      name: 'web-1a2b-x',
      creationTimestamp: hourBefore,
      labels: { 'pod-template-hash': '1a2b' },
      ownerReferences: [owner],
    },
    status: { conditions: [{ type: 'Ready', status: 'True' }], startTime: hourBefore },
  });
  // An apply says one field of a Deployment; the rest of it stays.
  cluster.admit = (object) => {
    const before = cluster.peek(deployments, object.metadata);
    if (object.kind !== 'Deployment' || before === undefined) return object;
    const { template } = before.spec as { template: object };
    const { template: applied } = object.spec as { template: object };
    return { ...object, spec: { ...(before.spec as object), template: { ...template, ...applied } } };
  };
  return cluster;
}

/** Runs a controller whose caches never show what happens after its start, and wakes everything once a second. */
async function runBlind(cluster: MemoryCluster, seconds: number): Promise<PlannedFrom[]> {
  const clock = virtualClock(start);
  const planned: PlannedFrom[] = [];
  const caches = {
    certificates: cluster.cache(certificateSource),
    secrets: cluster.cache(secretSource),
    deployments: cluster.cache(deploymentSource),
    statefulSets: cluster.cache(statefulSetSource),
    daemonSets: cluster.cache(daemonSetSource),
    pods: cluster.cache(podSource),
  };
  for (const cache of Object.values(caches)) cache.lags = true;
  const controller = reloadController({
    client: cluster.client,
    clock,
    log: recordedLog(),
    events: { publish: () => undefined },
    caches,
    pool: new Pool({ clock, slots: 1, slowSlots: 1, patienceMs: 1_000 }),
    probe: () => Promise.reject(new Error('there is nothing to ask for here')),
    onBehind: (from) => planned.push(from),
  });
  const stop = new AbortController();
  const running = controller.run(stop.signal);
  for (let second = 0; second < seconds; second += 1) {
    for (const cache of Object.values(caches)) cache.replay();
    await clock.advance(1_000);
  }
  stop.abort();
  await running;
  return planned;
}

describe('the reload controller on caches that stand still', () => {
  test('rolls a workload out once, and writes a status once', async () => {
    const cluster = clusterAtRest();
    const planned = await runBlind(cluster, 30);
    assert.deepEqual(cluster.writes.toSorted(), ['apply certificates shop/web/status', 'apply deployments shop/web']);
    assert.ok(planned.includes('ownWrite'));
  });

  test('looks past them every 5 s for what it wrote itself, and at nothing else', async () => {
    const cluster = clusterAtRest();
    const planned = await runBlind(cluster, 30);
    const reads = cluster.asked.filter((asked) => asked.startsWith('get '));
    assert.deepEqual([...new Set(reads)].toSorted(), ['get certificates shop/web', 'get deployments shop/web']);
    assert.equal(reads.length, planned.filter((from) => from === 'freshRead').length);
    assert.ok(reads.length >= 8 && reads.length <= 12, String(reads.length));
  });
});
