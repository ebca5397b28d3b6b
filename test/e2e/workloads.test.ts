/** Every kind of workload and every way to consume a Secret, on a real node. Run by `npm test -- e2e`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { deployments } from '../../src/kube/index.ts';
import { says } from '../kit/certificates.ts';
import { apply, kubectl } from '../kit/inside.ts';
import { badLogLines, described, removeNamespace, World } from './world.ts';

const namespace = 'workloads';
const apps = `${namespace}/apps`;
const held = `${namespace}/held`;
const secretName = 'apps-tls';

let world: World;

before(async () => {
  world = await World.open();
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await Promise.all([world.issued(apps), world.issued(held)]);
});

after(async () => {
  await removeNamespace(namespace);
  await world[Symbol.asyncDispose]();
});

const sleeper = { image: 'registry.k8s.io/pause:3.10', imagePullPolicy: 'Never' };
const app = { name: 'app', ...sleeper };
const mounted = { volumeMounts: [{ name: 'tls', mountPath: '/tls', readOnly: true }] };

const byVolume = (name: string): object => ({
  containers: [{ ...app, ...mounted }],
  volumes: [{ name: 'tls', secret: { secretName: name } }],
});
const byProjection = {
  containers: [{ ...app, ...mounted }],
  volumes: [{ name: 'tls', projected: { sources: [{ secret: { name: secretName } }] } }],
};
const byEnv = {
  containers: [{ ...app, env: [{ name: 'CRT', valueFrom: { secretKeyRef: { name: secretName, key: 'tls.crt' } } }] }],
};
const byInitContainer = {
  initContainers: [{ name: 'init', image: 'local.test/nginx:1', imagePullPolicy: 'Never', args: ['-v'], ...mounted }],
  containers: [app],
  volumes: [{ name: 'tls', secret: { secretName } }],
};
const notAtAll = { containers: [app] };

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

const consumers = {
  'deployment/by-volume': workload('Deployment', 'by-volume', byVolume(secretName)),
  'deployment/by-env': workload('Deployment', 'by-env', byEnv),
  'deployment/by-init-container': workload('Deployment', 'by-init-container', byInitContainer),
  'statefulset/by-projection': workload('StatefulSet', 'by-projection', byProjection),
  'daemonset/everywhere': workload('DaemonSet', 'everywhere', byVolume(secretName)),
};
const bystander = 'deployment/not-at-all';
const names = [...Object.keys(consumers), bystander];

async function runs(...workloads: string[]): Promise<void> {
  for (const name of workloads) await kubectl('rollout', 'status', name, '-n', namespace, '--timeout=90s');
}

async function generationOf(name: string): Promise<string> {
  return kubectl('get', name, '-n', namespace, '-o', 'jsonpath={.metadata.generation}');
}

describe('workloads that consume a renewed Secret', () => {
  test('are each rolled out once, whatever their kind and their way to consume it, and no other is', async () => {
    await apply(...Object.values(consumers), workload('Deployment', 'not-at-all', notAtAll));
    await apply(workload('Deployment', 'paused', byVolume('held-tls')));
    await runs(...names, 'deployment/paused');
    await pause(3_000); // pods started in the two seconds before an issuance are taken to hold it
    const mark = await world.mark();
    await world.askForRenewal(apps);
    await world.until(apps, { is: ({ status }) => status?.revision === 2, what: 'to be renewed' });
    const certificate = await world.untilServed(apps);

    const reloaded = certificate.status?.conditions?.find(({ type }) => type === 'Reloaded');
    assert.equal(reloaded?.reason, 'RolledOutUnverified', 'nothing in these pods can be asked over TLS');
    const generations = await Promise.all(names.map(async (name) => [name, await generationOf(name)]));
    assert.deepEqual(
      Object.fromEntries(generations),
      Object.fromEntries(names.map((name) => [name, name === bystander ? '1' : '2'])),
    );
    const patches = (await world.ownWritesSince(mark)).filter(({ resource }) => /s(ets)?$/.test(resource));
    assert.deepEqual(
      described(patches.filter(({ resource }) => /^(deployments|statefulsets|daemonsets)$/.test(resource))).toSorted(),
      Object.keys(consumers)
        .map((name) => name.replace('/', 's '))
        .toSorted(),
    );
  });

  test('are not fought while they are paused, and are rolled out once they are resumed', async () => {
    await kubectl('rollout', 'pause', 'deployment/paused', '-n', namespace);
    const paused = await generationOf('deployment/paused');
    await world.askForRenewal(held);
    const { status } = await world.until(held, {
      is: (one) => one.status?.revision === 2 && says(one, 'Reloaded', 'False'),
      what: 'to say that it is not served',
    });
    const reloaded = status?.conditions?.find(({ type }) => type === 'Reloaded');
    assert.equal(reloaded?.reason, 'NotServed');
    assert.match(reloaded?.message ?? '', /Deployment paused: .*it is paused.*kubectl rollout resume/);
    assert.equal(await generationOf('deployment/paused'), paused);

    await kubectl('rollout', 'resume', 'deployment/paused', '-n', namespace);
    await world.untilServed(held);
    assert.ok((await world.client.get(deployments, { namespace, name: 'paused' })) !== undefined);
    assert.equal(await generationOf('deployment/paused'), String(Number(paused) + 2), 'resumed, and rolled out once');
  });

  test('have left no error, no refused right and nothing secret in the logs', async () => {
    assert.deepEqual(await badLogLines(), []);
    assert.deepEqual(await world.forbiddenWrites(), []);
  });
});
