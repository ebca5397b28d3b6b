/** Every kind of workload and every way to consume a Secret, on a real node. Run by `npm test -- e2e`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Certificate } from '../../src/api/index.ts';
import { type Cache, connect, type KubeClient } from '../../src/kube/index.ts';
import { certificateThat, followCertificates, says } from '../kit/certificates.ts';
import { apply, environment, kubectl } from '../kit/inside.ts';

const namespace = 'workloads';
const secretName = 'apps-tls';
const abort = new AbortController();

let client: KubeClient;
let cache: Cache<Certificate>;
let following: Promise<void>;

before(async () => {
  client = connect({ kubeconfig: environment('KUBECONFIG'), userAgent: 'evercert-test' });
  const { cache: followed, running } = followCertificates(client, abort.signal);
  cache = followed;
  following = running;
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await apply({
    apiVersion: 'evercert.dev/v1',
    kind: 'Certificate',
    metadata: { name: 'apps', namespace },
    spec: { secretName, dnsNames: ['apps.example'], issuerRef: { kind: 'ClusterIssuer', name: 'embedded' } },
  });
  await kubectl('wait', 'evcert/apps', '-n', namespace, '--for=condition=Ready', '--timeout=60s');
});

after(async () => {
  await kubectl('delete', 'namespace', namespace, '--wait=false');
  abort.abort();
  await following;
  await client.close();
});

const pause = { image: 'registry.k8s.io/pause:3.10', imagePullPolicy: 'Never' };
const mounted = { name: 'tls', mountPath: '/tls', readOnly: true };

/** A pod that does nothing but consume the Secret in one way. */
const consumers = {
  'by-volume': {
    containers: [{ name: 'app', ...pause, volumeMounts: [mounted] }],
    volumes: [{ name: 'tls', secret: { secretName } }],
  },
  'by-projection': {
    containers: [{ name: 'app', ...pause, volumeMounts: [mounted] }],
    volumes: [{ name: 'tls', projected: { sources: [{ secret: { name: secretName } }] } }],
  },
  'by-env': {
    containers: [
      {
        name: 'app',
        ...pause,
        env: [{ name: 'CRT', valueFrom: { secretKeyRef: { name: secretName, key: 'tls.crt' } } }],
      },
    ],
  },
  'not-at-all': { containers: [{ name: 'app', ...pause }] },
};

function workload(kind: 'Deployment' | 'StatefulSet' | 'DaemonSet', name: string, pod: object): object {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      template: { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 1, ...pod } },
    },
  };
}

const workloads = [
  workload('Deployment', 'by-volume', consumers['by-volume']),
  workload('Deployment', 'by-env', consumers['by-env']),
  workload('StatefulSet', 'by-projection', consumers['by-projection']),
  workload('DaemonSet', 'by-volume-everywhere', consumers['by-volume']),
  workload('Deployment', 'not-at-all', consumers['not-at-all']),
];
const names = [
  'deployment/by-volume',
  'deployment/by-env',
  'statefulset/by-projection',
  'daemonset/by-volume-everywhere',
  'deployment/not-at-all',
];

async function generations(): Promise<Record<string, string>> {
  const read = names.map(async (name) => {
    return [name, await kubectl('get', name, '-n', namespace, '-o', 'jsonpath={.metadata.generation}')] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

describe('workloads that consume a renewed Secret', () => {
  test('are each rolled out once, whatever their kind and their way to consume it, and no other is', async () => {
    await apply(...workloads);
    for (const name of names) await kubectl('rollout', 'status', name, '-n', namespace, '--timeout=90s');
    // Pods start in whole seconds; the Secret has to be younger than they are by more than two.
    await new Promise((later) => setTimeout(later, 3_000));
    await kubectl('annotate', 'evcert', 'apps', '-n', namespace, `evercert.dev/renew=${new Date().toISOString()}`);
    const certificate = await certificateThat(cache, `${namespace}/apps`, {
      is: ({ status }) => status?.revision === 2 && status.reload?.fingerprint === status.fingerprint,
      what: 'to be reloaded',
      timeoutMs: 60_000,
    });
    assert.equal(certificate.status?.revision, 2);
    const done = await certificateThat(cache, `${namespace}/apps`, {
      is: (one) => says(one, 'Reloaded', 'True') && one.status?.reload?.fingerprint === certificate.status?.fingerprint,
      what: 'to have every workload rolled out',
      timeoutMs: 120_000,
    });
    const reloaded = done.status?.conditions?.find(({ type }) => type === 'Reloaded');
    assert.equal(reloaded?.reason, 'RolledOutUnverified', 'nothing in these pods can be asked over TLS');
    assert.deepEqual(
      await generations(),
      Object.fromEntries(names.map((name) => [name, name.endsWith('not-at-all') ? '1' : '2'])),
    );
  });
});
