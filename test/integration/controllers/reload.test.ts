import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { annotations, managers } from '../../../src/api/index.ts';
import { rollOut } from '../../../src/controllers/reload/act.ts';
import { projectWorkload } from '../../../src/controllers/reload/rows.ts';
import { daemonSets, deployments, type KubeObject, statefulSets } from '../../../src/kube/index.ts';
import { ConflictError } from '../../../src/runtime/index.ts';
import { type Deployment, ReloadWorld } from './reload-world.ts';

const hourAgo = (): Date => new Date(Date.now() - 2 * 3_600_000);
const port = 18_443;

/** A Deployment of two old pods that serve the first leaf of the Certificate `web`, and a controller that knows. */
async function servedWorld(): Promise<ReloadWorld> {
  const world = await ReloadWorld.create();
  world.kubelet.tlsPort = port;
  await world.issueFirst('web', hourAgo());
  await world.run(deployments, 'web', ['web']);
  world.start();
  await world.until('the first leaf is served', async () => (await world.reloaded('web'))?.reason === 'Served');
  return world;
}

async function renewed(world: ReloadWorld, name = 'web'): Promise<void> {
  const { fingerprint } = await world.issue(name);
  await world.until('the new leaf is served', async () => {
    const { status } = await world.certificate(name);
    const reason = status?.conditions?.find(({ type }) => type === 'Reloaded')?.reason;
    return status?.reload?.fingerprint === fingerprint && reason === 'Served';
  });
}

function withTemplate(deployment: Deployment, template: Deployment['spec']['template']): KubeObject & { spec: object } {
  return { ...deployment, spec: { ...deployment.spec, template } };
}

const empty = { secrets: [], pods: [], youngestPodAt: new Date(0), digest: 'a-digest', probes: new Map() };

/** What a field manager owns of an object. */
function fieldsOf({ metadata }: KubeObject, manager: string): unknown {
  for (const entry of metadata.managedFields ?? []) {
    if (typeof entry !== 'object' || entry === null || !('manager' in entry) || !('fieldsV1' in entry)) continue;
    if (entry.manager === manager) return entry.fieldsV1;
  }
  return undefined;
}

describe('the reload controller on a real API server', { concurrency: 4, timeout: 120_000 }, () => {
  test('rolls a Deployment out once when its certificate was renewed, in two status writes, and then is quiet', async () => {
    await using world = await servedWorld();
    assert.equal(await world.revision('web'), 1);
    const before = world.history.length;
    await renewed(world);
    assert.equal(await world.revision('web'), 2);
    assert.deepEqual(world.history.slice(before), ['web Served', 'web RollingOut', 'web Served']); // the first is W4
    assert.deepEqual(await world.quiet(), []);
    assert.equal(await world.revision('web'), 2);
    const { generation } = (await world.deployment('web')).metadata;
    assert.equal(generation, 2);
  });

  test('does nothing when it is started again', async () => {
    await using world = await servedWorld();
    await renewed(world);
    await world.stop();
    world.start();
    assert.deepEqual(await world.quiet(), []);
    assert.equal(await world.revision('web'), 2);
  });

  test('makes up for a renewal that it missed while it was down, with one roll-out', async () => {
    await using world = await servedWorld();
    await world.stop();
    const { fingerprint } = await world.issue('web');
    await world.quiet(500);
    world.start();
    await world.until('the new leaf is served', async () => {
      return (
        (await world.certificate('web')).status?.reload?.lastTime !== undefined && (await world.revision('web')) === 2
      );
    });
    await world.until('it is said', async () => (await world.reloaded('web'))?.reason === 'Served');
    assert.equal((await world.certificate('web')).status?.reload?.fingerprint, fingerprint);
    assert.deepEqual(await world.quiet(), []);
    assert.equal(await world.revision('web'), 2);
  });

  test('makes no roll-out when somebody undoes or drops its annotation, and mends it with the next renewal', async () => {
    await using world = await servedWorld();
    const first = (await world.deployment('web')).spec.template;
    await renewed(world);
    const rolled = await world.deployment('web');
    assert.match(rolled.spec.template.metadata?.annotations?.[annotations.reloadDigest] ?? '', /^[0-9a-f]{32}$/);

    await world.client.replace(deployments, withTemplate(rolled, first)); // what kubectl rollout undo does
    await world.until('the undone template is rolled out', async () => (await world.revision('web')) === 3);
    await world.quiet(1_500);
    const before = await world.certificate('web');
    assert.deepEqual(await world.quiet(), []);
    assert.equal(await world.revision('web'), 3);
    assert.equal((await world.reloaded('web'))?.reason, 'Served');
    assert.equal((await world.certificate('web')).metadata.resourceVersion, before.metadata.resourceVersion);

    await renewed(world);
    const mended = (await world.deployment('web')).spec.template.metadata?.annotations ?? {};
    assert.notEqual(mended[annotations.reloadDigest], undefined);
    assert.equal(await world.revision('web'), 4);
  });

  test('makes one roll-out for two Secrets that were renewed shortly after each other', async () => {
    await using world = await ReloadWorld.create();
    world.kubelet.tlsPort = port;
    await world.issueFirst('one', hourAgo());
    await world.issueFirst('two', hourAgo());
    await world.run(deployments, 'web', ['one', 'two']);
    world.start();
    await world.until('both are served', async () => (await world.reloaded('two'))?.reason === 'Served');
    await world.issue('one');
    await world.quiet(1_000);
    await renewed(world, 'two');
    await world.until('the other is served', async () => (await world.reloaded('one'))?.reason === 'Served');
    assert.equal(await world.revision('web'), 2);
    assert.deepEqual(await world.quiet(), []);
    assert.equal(await world.revision('web'), 2);
  });

  test('leaves pods alone that reload by themselves', async () => {
    await using world = await servedWorld();
    await world.stop();
    const { fingerprint } = await world.issue('web');
    world.kubelet.reloadAll();
    world.start();
    await world.until(
      'it is said',
      async () => (await world.certificate('web')).status?.reload?.fingerprint === fingerprint,
    );
    assert.equal((await world.reloaded('web'))?.reason, 'Served');
    assert.deepEqual(await world.quiet(), []);
    assert.equal(await world.revision('web'), 1);
  });

  test('does not fight a pause, says so, and rolls out when it ends', async () => {
    await using world = await servedWorld();
    await world.client.apply(
      deployments,
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { namespace: world.namespace, name: 'web' },
        spec: { paused: true },
      } as KubeObject,
      { manager: 'pause' },
    );
    await world.issue('web');
    await world.until('it is said', async () => (await world.reloaded('web'))?.reason === 'NotServed');
    assert.match((await world.reloaded('web'))?.message ?? '', /Deployment web: .* is paused.* kubectl rollout resume/);
    assert.deepEqual(await world.quiet(), []);
    assert.equal(await world.revision('web'), 1);
    await world.client.apply(
      deployments,
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: world.namespace, name: 'web' } },
      { manager: 'pause' },
    );
    await world.until('it is rolled out', async () => (await world.reloaded('web'))?.reason === 'Served');
    assert.equal(await world.revision('web'), 2);
  });

  test('rolls a StatefulSet out whose pods cannot be probed, and says that it could not check them', async () => {
    await using world = await ReloadWorld.create();
    await world.issueFirst('db', hourAgo());
    await world.run(statefulSets, 'db', ['db'], { serviceName: 'db' });
    world.start();
    await world.until(
      'the start times suffice',
      async () => (await world.reloaded('db'))?.reason === 'RolledOutUnverified',
    );
    const before = world.history.length;
    const { fingerprint } = await world.issue('db');
    await world.until('it is rolled out', async () => {
      const { status } = await world.certificate('db');
      return status?.reload?.fingerprint === fingerprint && status.reload.lastTime !== undefined;
    });
    assert.deepEqual(world.history.slice(before), [
      'db RolledOutUnverified',
      'db RollingOut',
      'db RolledOutUnverified',
    ]);
    assert.deepEqual(await world.quiet(), []);
    const set = await world.client.get(statefulSets, { namespace: world.namespace, name: 'db' });
    assert.equal(set?.metadata.generation, 2);
  });

  test('writes nothing for a Certificate that nobody consumes, and takes its part away with the last consumer', async () => {
    await using world = await servedWorld();
    await world.issueFirst('alone', hourAgo());
    const { metadata } = await world.certificate('alone');
    await world.quiet(1_500);
    assert.equal((await world.certificate('alone')).metadata.resourceVersion, metadata.resourceVersion);
    assert.equal(await world.reloaded('alone'), undefined);
    const { uid = '' } = (await world.deployment('web')).metadata;
    await world.client.remove(deployments, { namespace: world.namespace, name: 'web' }, { uid });
    await world.until('it is taken away', async () => (await world.reloaded('web')) === undefined);
    const { status } = await world.certificate('web');
    assert.equal(status?.reload, undefined);
    assert.notEqual(status?.fingerprint, undefined);
    assert.deepEqual(await world.quiet(1_000), []);
  });

  test('changes one annotation of the pod template and nothing else, in each of the three kinds', async () => {
    await using world = await ReloadWorld.create();
    await world.issueFirst('web', hourAgo());
    const kinds = [
      ['Deployment', deployments, { replicas: 0 }],
      ['StatefulSet', statefulSets, { replicas: 0, serviceName: 'web' }],
      ['DaemonSet', daemonSets, { replicas: undefined }],
    ] as const;
    for (const [kind, resource, spec] of kinds) {
      const made = await world.make(resource, 'web', ['web'], spec);
      const parts = { client: world.client, events: { publish: () => undefined } };
      await world.until('it can be written', async () => {
        const now = await world.client.get(resource, { namespace: world.namespace, name: 'web' });
        const seen = { ...empty, workload: projectWorkload(now ?? made, kind) };
        return rollOut(parts, seen, [], new AbortController().signal).then(
          () => true,
          () => false, // its own controller wrote its status in between
        );
      });
      const after = await world.client.get<Deployment>(resource, { namespace: world.namespace, name: 'web' });
      assert.equal(after?.spec.template.metadata?.annotations?.[annotations.reloadDigest], 'a-digest');
      const annotation = { [`f:${annotations.reloadDigest}`]: {} };
      const template = { 'f:metadata': { 'f:annotations': annotation } };
      assert.deepEqual(fieldsOf(after, managers.reload), { 'f:spec': { 'f:template': template } });
    }
  });

  test('never creates a workload that has gone, and never writes to another of its name', async () => {
    await using world = await ReloadWorld.create();
    await world.issueFirst('web', hourAgo());
    const made = await world.run(deployments, 'web', ['web']);
    const seen = { ...empty, workload: projectWorkload(made, 'Deployment') };
    const published: unknown[] = [];
    const parts = { client: world.client, events: { publish: (note: unknown) => void published.push(note) } };
    const { signal } = new AbortController();
    const ref = { namespace: world.namespace, name: 'web' };

    await world.client.remove(deployments, ref, { uid: made.metadata.uid ?? '' });
    await world.until('it has gone', async () => (await world.client.get(deployments, ref)) === undefined);
    await assert.rejects(rollOut(parts, seen, [], signal), ConflictError);
    assert.equal(await world.client.get(deployments, ref), undefined);

    await world.run(deployments, 'web', ['web']);
    const second = await world.deployment('web');
    await assert.rejects(rollOut(parts, seen, [], signal), ConflictError);
    const current = { ...seen.workload, resourceVersion: second.metadata.resourceVersion ?? '' };
    await assert.rejects(rollOut(parts, { ...seen, workload: current }, [], signal), ConflictError);
    assert.equal((await world.deployment('web')).metadata.generation, second.metadata.generation);
    assert.deepEqual(published, []);
  });
});
