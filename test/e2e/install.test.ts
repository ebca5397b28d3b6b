/** What uninstalling the chart leaves, and what installing it again costs: nothing. Run by `npm test -- e2e`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type KubeObject, secrets } from '../../src/kube/index.ts';
import type { AuditedWrite } from '../kit/audit-log.ts';
import { apply, helm, kubectl } from '../kit/inside.ts';
import { badLogLines, described, home, removeNamespace, World } from './world.ts';

const namespace = 'kept';
const key = `${namespace}/kept`;
const install = ['charts/evercert', '-n', home, '--wait', '--timeout', '120s'];

let world: World;

before(async () => {
  world = await World.open();
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await world.issued(key);
  await apply(consumer);
  await kubectl('rollout', 'status', 'deployment/app', '-n', namespace, '--timeout=60s');
  await world.untilServed(key);
});

after(async () => {
  await removeNamespace(namespace);
  await world[Symbol.asyncDispose]();
});

/** Consumes the Secret, so that a needless reload would be seen. */
const consumer = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'app', namespace },
  spec: {
    selector: { matchLabels: { app: 'app' } },
    template: {
      metadata: { labels: { app: 'app' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'app',
            image: 'registry.k8s.io/pause:3.10',
            imagePullPolicy: 'Never',
            volumeMounts: [{ name: 'tls', mountPath: '/tls' }],
          },
        ],
        volumes: [{ name: 'tls', secret: { secretName: 'kept-tls' } }],
      },
    },
  },
};

/** Everything of the user's that an uninstall must keep: Secrets with the versions that any write would change. */
async function kept(): Promise<object> {
  const { metadata, status } = world.certificate(key);
  const { uid } = metadata;
  const { revision, fingerprint, reload } = status ?? {};
  const named = ['kept-tls', `evercert-archive-${uid}`].map((name) => world.client.get(secrets, { namespace, name }));
  const all = await Promise.all(named);
  assert.ok(!all.includes(undefined));
  const account = await kubectl('get', 'secret', 'embedded-account', '-n', home, '-o', 'jsonpath={.metadata.uid}');
  const deployment = await kubectl(
    'get',
    'deployment',
    'app',
    '-n',
    namespace,
    '-o',
    'jsonpath={.metadata.generation}',
  );
  return { certificate: { uid, revision, fingerprint, reload }, secrets: all.map(versionOf), account, deployment };
}

function versionOf(object: KubeObject | undefined): object {
  return { name: object?.metadata.name, resourceVersion: object?.metadata.resourceVersion };
}

async function objects(...kinds: string[]): Promise<string[]> {
  const printed = await kubectl('get', kinds.join(','), '-A', '-l', 'app.kubernetes.io/name=evercert', '-o', 'name');
  return printed === '' ? [] : printed.split('\n');
}

/** Issues one more Certificate: what was there before has then been looked at, and one order is its own. */
async function costsNothing(mark: number, untouched: object, name: string): Promise<void> {
  const { metadata } = await world.issued(`${namespace}/${name}`);
  assert.equal(await world.orders(), 1, 'the order of the new Certificate');
  assert.deepEqual(await kept(), untouched);
  const isIts = (other = ''): boolean => other.startsWith(name) || other.includes(metadata.uid ?? 'no uid');
  const others = (await world.ownWritesSince(mark)).filter((write) => !isIts(write.name));
  // Routes follow the Service, and while no responder answered, Certificates may have said that they are not reachable.
  const isToldOfRoutes = ({ resource, subresource }: AuditedWrite): boolean =>
    resource === 'ingresses' || (resource === 'certificates' && subresource === 'status');
  assert.deepEqual(described(others.filter((write) => !isToldOfRoutes(write))), []);
}

describe('the chart', () => {
  test('leaves CRDs, Certificates and Secrets when it is uninstalled, and nothing else of its own', async () => {
    const untouched = await kept();
    const crds = await objects('crd');
    assert.equal(crds.length, 3);
    await helm('uninstall', 'evercert', '-n', home, '--wait');
    assert.deepEqual(await objects('crd'), crds);
    assert.deepEqual(await kept(), untouched);
    const own = 'deploy,svc,sa,role,rolebinding,clusterrole,clusterrolebinding,pdb,validatingadmissionpolicies';
    assert.deepEqual(await objects(own), []);
  });

  test('installed again under its name orders nothing and reloads nothing', async () => {
    const [mark, untouched] = [await world.mark(), await kept()];
    await helm('install', 'evercert', ...install);
    await costsNothing(mark, untouched, 'again');
    const routes = (await world.ownWritesSince(mark)).filter(({ resource }) => resource === 'ingresses');
    assert.equal(routes.length, 2, 'those of the new Certificate');
  });

  test('installed under another name takes over the CRDs where it is told to, and orders nothing', async () => {
    await helm('uninstall', 'evercert', '-n', home, '--wait');
    const [mark, untouched] = [await world.mark(), await kept()];
    await assert.rejects(helm('install', 'tls', ...install), /cannot be imported into the current release/);
    await helm('install', 'tls', ...install, '--take-ownership');
    await costsNothing(mark, untouched, 'renamed');
    await routeLeadsTo('tls-evercert-responder');
    assert.deepEqual(await badLogLines(), []);
    await helm('uninstall', 'tls', '-n', home, '--wait');
  });

  test('leaves the CRDs to others where it is told to, and orders nothing', async () => {
    const [mark, untouched] = [await world.mark(), await kept()];
    await helm('install', 'evercert', ...install, '--set', 'crds.install=false');
    await costsNothing(mark, untouched, 'without-crds');
    await routeLeadsTo('evercert-responder');
  });

  test('is put back by an upgrade that replaces no pod', async () => {
    const pods = await objects('pods');
    await helm('upgrade', 'evercert', ...install, '--take-ownership');
    assert.deepEqual(await objects('pods'), pods);
    assert.deepEqual(await badLogLines(), []);
    assert.deepEqual(await world.forbiddenWrites(), []);
  });
});

/** The route of the kept Certificate, which lies between renewals, follows the release's Service. */
async function routeLeadsTo(service: string): Promise<void> {
  const path = '-o=jsonpath={.spec.rules[0].http.paths[0].backend.service.name}';
  const name = `evercert-${world.certificate(key).metadata.uid}`;
  for (let left = 50; left > 0; left -= 1) {
    if ((await kubectl('get', 'ingress', name, '-n', home, path)) === service) return;
    await pause(200);
  }
  assert.equal(await kubectl('get', 'ingress', name, '-n', home, path), service);
}
