import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  daemonSetSource,
  deploymentSource,
  podSource,
  secretSource,
  statefulSetSource,
} from '../../../../src/controllers/reload/index.ts';
import type { ObjectMeta } from '../../../../src/kube/index.ts';

const created = '2026-06-01T10:00:00Z';

function object(kind: string, metadata: Partial<ObjectMeta>, rest: object) {
  const own = {
    name: 'web',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: '5',
    generation: 3,
    creationTimestamp: created,
  };
  return { apiVersion: 'apps/v1', kind, metadata: { ...own, ...metadata }, ...rest };
}

const template = { spec: { volumes: [{ secret: { secretName: 'web-tls' } }] } };

describe('the row of a Deployment', () => {
  const row = (spec: object, status: object = {}, metadata: Partial<ObjectMeta> = {}) =>
    deploymentSource.project(object('Deployment', metadata, { spec: { template, ...spec }, status }));
  const done = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

  test('is found by the Secrets that it consumes, in its own namespace', () => {
    assert.deepEqual(deploymentSource.indexes?.['secret']?.(row({})), ['shop/web-tls']);
    assert.equal(row({}).key, 'Deployment/shop/web');
  });

  test('is rolled out when all pods are of this generation and available', () => {
    const { progress } = row({ replicas: 2 }, done);
    assert.deepEqual(progress, { desired: 2, isUpdated: true, isAvailable: true, isExceeded: false });
  });

  test('is not updated while its controller has not seen the generation', () => {
    assert.equal(row({ replicas: 2 }, { ...done, observedGeneration: 2 }).progress.isUpdated, false);
  });

  test('is not updated while an old pod is left', () => {
    assert.equal(row({ replicas: 2 }, { ...done, replicas: 3 }).progress.isUpdated, false);
  });

  test('is available once its roll-out has ended, even if a pod fails later', () => {
    const conditions = [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }];
    assert.equal(row({ replicas: 2 }, { ...done, availableReplicas: 1 }).progress.isAvailable, false);
    assert.equal(row({ replicas: 2 }, { ...done, availableReplicas: 1, conditions }).progress.isAvailable, true);
  });

  test('says that its roll-out exceeded the deadline', () => {
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
    assert.equal(row({ replicas: 2 }, { ...done, updatedReplicas: 1, conditions }).progress.isExceeded, true);
  });

  test('is held while it is paused', () => {
    assert.equal(row({ paused: true }).hold, 'Paused');
    assert.equal(row({}).hold, undefined);
  });

  test('knows when anybody changed it last, its status left out', () => {
    const managedFields = [
      { manager: 'kubectl', time: '2026-06-01T11:00:00Z' },
      { manager: 'kube-controller-manager', subresource: 'status', time: '2026-06-01T12:00:00Z' },
    ];
    assert.deepEqual(row({}, {}, { managedFields }).changedAt, new Date('2026-06-01T11:00:00Z'));
    assert.deepEqual(row({}).changedAt, new Date(created));
  });
});

describe('the rows of StatefulSets and DaemonSets', () => {
  const stateful = (updateStrategy: object) =>
    statefulSetSource.project(object('StatefulSet', {}, { spec: { template, updateStrategy } }));

  test('are held by OnDelete and by a partition', () => {
    assert.equal(stateful({ type: 'OnDelete' }).hold, 'OnDelete');
    assert.equal(stateful({ type: 'RollingUpdate', rollingUpdate: { partition: 1 } }).hold, 'Partition');
    assert.equal(stateful({ type: 'RollingUpdate', rollingUpdate: { partition: 0 } }).hold, undefined);
  });

  test('count the nodes of a DaemonSet', () => {
    const status = { observedGeneration: 3, desiredNumberScheduled: 4, updatedNumberScheduled: 4, numberAvailable: 3 };
    const { progress } = daemonSetSource.project(object('DaemonSet', {}, { spec: { template }, status }));
    assert.deepEqual(progress, { desired: 4, isUpdated: true, isAvailable: false, isExceeded: false });
  });
});

describe('the row of a pod', () => {
  const owner = (kind: string, name: string) => [{ apiVersion: 'apps/v1', kind, name, uid: 'o', controller: true }];
  const row = (metadata: Partial<ObjectMeta>, status: object = {}) =>
    podSource.project(object('Pod', metadata, { status }));
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  const running = (startedAt: string) => ({ state: { running: { startedAt } } });

  test('belongs to the Deployment whose ReplicaSet owns it', () => {
    const labels = { 'pod-template-hash': '5d8f' };
    assert.equal(
      row({ ownerReferences: owner('ReplicaSet', 'my-web-5d8f'), labels }).workload,
      'Deployment/shop/my-web',
    );
  });

  test('belongs to no Deployment when the ReplicaSet stands by itself', () => {
    assert.equal(row({ ownerReferences: owner('ReplicaSet', 'my-web-5d8f') }).workload, undefined);
    assert.equal(row({}).workload, undefined);
  });

  test('belongs to the StatefulSet or DaemonSet that owns it', () => {
    assert.equal(row({ ownerReferences: owner('StatefulSet', 'db') }).workload, 'StatefulSet/shop/db');
    assert.equal(row({ ownerReferences: owner('DaemonSet', 'edge') }).workload, 'DaemonSet/shop/edge');
    assert.equal(row({ ownerReferences: owner('Job', 'once') }).workload, undefined);
  });

  test('serves while it is ready and not being deleted', () => {
    assert.equal(row({}, ready).serving, true);
    assert.equal(row({}, {}).serving, false);
    assert.equal(row({ deletionTimestamp: created }, ready).serving, false);
  });

  test('started with the first of its containers that run: a later restart of another reads nothing for it', () => {
    const containerStatuses = [running('2026-06-01T12:00:00Z'), running('2026-06-01T11:00:00Z'), { state: {} }];
    const status = { startTime: created, containerStatuses };
    assert.deepEqual(row({}, status).startedAt, new Date('2026-06-01T11:00:00Z'));
    assert.deepEqual(row({}, { startTime: created }).startedAt, new Date(created));
  });
});

describe('the row of a Secret', () => {
  const row = (annotations: Record<string, string>) =>
    secretSource.project(object('Secret', { annotations, labels: { 'evercert.dev/certificate-uid': 'c' } }, {}));

  test('tells which leaf it holds since when', () => {
    const held = row({ 'evercert.dev/fingerprint': 'ab', 'evercert.dev/issued-at': created });
    assert.deepEqual(held.leaf, { fingerprint: 'ab', issuedAt: new Date(created) });
    assert.equal(held.certificateUID, 'c');
  });

  test('holds no leaf where one of the two is missing or no date', () => {
    assert.equal(row({ 'evercert.dev/fingerprint': 'ab' }).leaf, undefined);
    assert.equal(row({ 'evercert.dev/fingerprint': 'ab', 'evercert.dev/issued-at': 'soon' }).leaf, undefined);
  });

  test('is asked for as metadata alone', () => {
    assert.equal(secretSource.metadataOnly, true);
    assert.equal(secretSource.labelSelector, 'evercert.dev/certificate-uid');
  });
});
