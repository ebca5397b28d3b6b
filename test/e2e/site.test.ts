/** A site's whole life on a real node, with Evercert installed by its chart. Run by `npm test -- e2e`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Certificate } from '../../src/api/index.ts';
import { type KubeObject, services } from '../../src/kube/index.ts';
import { environment, kubectl, servedSerial } from '../kit/inside.ts';
import { Load } from '../kit/load.ts';
import { badLogLines, described, home, World } from './world.ts';

const key = 'default/shop';
const host = 'shop.example';
const restMs = 20_000;

let world: World;
/** The address of the site's Service. */
let service: string;

before(async () => {
  world = await World.open();
});

after(async () => {
  await kubectl('delete', '-f', 'examples/embedded/', '--wait=false');
  await kubectl('delete', 'evcert,secrets', '--all');
  await world[Symbol.asyncDispose]();
});

/** The Ingress controller takes up a Secret by itself, a moment after it was written. */
async function bothFrontsServe(certificate: Certificate): Promise<void> {
  const held = BigInt(`0x${certificate.status?.serialNumber}`);
  const serials = (): Promise<bigint[]> =>
    Promise.all([service, environment('INGRESS_IP')].map((address) => servedSerial(address, host, world.root)));
  for (let left = 40; left > 0; left -= 1) {
    if ((await serials().catch(() => [])).filter((serial) => serial === held).length === 2) return;
    await pause(250);
  }
  assert.deepEqual(await serials(), [held, held]);
}

async function replicaSets(): Promise<number> {
  return (await kubectl('get', 'replicasets', '-l', 'app=shop', '-o', 'name')).split('\n').length;
}

async function generation(): Promise<string> {
  return kubectl('get', 'deployment', 'shop', '-o', 'jsonpath={.metadata.generation}');
}

/** Reasons of the Events about the site that our controllers recorded since a time. */
async function eventReasons(since: Date): Promise<string[]> {
  const path = '{range .items[*]}{.eventTime} {.reportingController} {.reason}{"\\n"}{end}';
  const lines = (await kubectl('get', 'events.events.k8s.io', '-o', `jsonpath=${path}`)).split('\n');
  const events = lines.map((line) => line.split(' '));
  const ours = events.filter(
    ([time = '', controller]) => controller === 'evercert.dev/operator' && new Date(time) >= since,
  );
  return ours.map(([, , reason = '']) => reason);
}

describe('a site', () => {
  test('gets its certificate, and serves it at its Service and at the Ingress', async () => {
    await kubectl('apply', '-f', 'examples/embedded/');
    await kubectl('wait', 'evcert', '--all', '-A', '--for=condition=Ready', '--timeout=60s');
    await kubectl('rollout', 'status', 'deployment/shop', '--timeout=90s');
    const certificate = await world.untilServed(key);
    const found = await world.client.get<KubeObject & { readonly spec: { readonly clusterIP: string } }>(services, {
      namespace: 'default',
      name: 'shop',
    });
    service = found?.spec.clusterIP ?? '';
    await bothFrontsServe(certificate);
    assert.equal(await generation(), '1', 'pods that waited for the Secret hold it, and are not replaced');
  });

  test('is shown by kubectl in the columns that users know', async () => {
    const time = String.raw`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
    const [header = '', row = ''] = (await kubectl('get', 'evcert')).split('\n');
    assert.deepEqual(header.trim().split(/\s+/), ['NAME', 'READY', 'REASON', 'EXPIRES', 'RENEWS', 'RELOADED', 'AGE']);
    assert.match(row, new RegExp(`^shop +True +Issued +${time} +${time} +True +\\d+s$`));
    const [wideHeader = '', wideRow = ''] = (await kubectl('get', 'evcert', '-o', 'wide')).split('\n');
    assert.match(wideHeader, /^NAME +READY +REASON +EXPIRES +RENEWS +RELOADED +SECRET +ISSUER +HOSTS +MESSAGE +AGE$/);
    assert.match(wideRow, /shop-tls +embedded +\S*"shop\.example"\S* +\S.* \d+s$/);
  });

  test('is renewed under load: no request lost, one roll-out, four writes and what the reload adds', async () => {
    const [sets, mark] = [await replicaSets(), await world.mark()];
    const start = new Date();
    const common = { host, path: '/', root: world.root };
    const ingress = environment('INGRESS_IP');
    const fronts = [
      { ...common, name: 'Service', protocol: 'https', address: service, port: 443 },
      { ...common, name: 'Ingress, TLS', protocol: 'https', address: ingress, port: 443 },
      { ...common, name: 'Ingress', protocol: 'http', address: ingress, port: 80 },
    ] as const;
    const load = new Load(fronts, { workersEach: 2 });
    load.start();
    const { revision = 0 } = world.certificate(key).status ?? {};
    await world.askForRenewal(key);
    await world.until(key, { is: ({ status }) => status?.revision === revision + 1, what: 'to be renewed' });
    const certificate = await world.untilServed(key);
    await bothFrontsServe(certificate);
    for (const { target, sent, failed, problems } of await load.stop()) {
      assert.ok(sent > 100, `${target}: ${sent} requests`);
      assert.equal(failed, 0, `${target}: ${problems.join('; ')}`);
    }
    assert.equal(await replicaSets(), sets + 1);

    const own = await world.ownWritesSince(mark);
    const [statuses, others] = [
      own.filter(({ subresource }) => subresource === 'status'),
      own.filter(({ resource, subresource }) => resource !== 'events' && subresource !== 'status'),
    ];
    const archive = `secrets evercert-archive-${certificate.metadata.uid}`;
    assert.deepEqual(described(others), [archive, 'secrets shop-tls', 'deployments shop']);
    // Two of the issuance, two of the reload; a busy node's pods may be out of reach in between, which is told once.
    assert.ok(statuses.length >= 4 && statuses.length <= 6, `${statuses.length} statuses`);
    assert.equal(own.filter(({ resource }) => resource === 'events').length, 3);
    assert.deepEqual((await eventReasons(start)).toSorted(), ['Issued', 'Reloaded', 'Reloading']);

    const all = await world.writesSince(mark);
    assert.deepEqual(
      described(all.filter(({ resource, verb }) => resource === 'ingresses' && verb !== 'deletecollection')),
      [],
    );
    const pods = all.filter(({ verb, resource, subresource }) => {
      return verb === 'create' && resource === 'pods' && subresource === undefined;
    });
    assert.equal(pods.length, 3, "the site's own three, and none for the challenge");
  });

  test('is left alone when its roll-out is undone, when the annotation is changed or dropped, and at rest', async () => {
    const annotation = (value: string | null): string => {
      return JSON.stringify({
        spec: { template: { metadata: { annotations: { 'evercert.dev/certificates': value } } } },
      });
    };
    await kubectl('rollout', 'undo', 'deployment/shop');
    await kubectl('patch', 'deployment', 'shop', '-p', annotation('another'));
    await kubectl('patch', 'deployment', 'shop', '-p', annotation(null));
    await kubectl('rollout', 'status', 'deployment/shop', '--timeout=90s');
    const [untouched, mark] = [await generation(), await world.mark()];
    await pause(restMs); // nothing tells that nothing happens
    assert.deepEqual(described(await world.ownWritesSince(mark)), []);
    assert.equal(await generation(), untouched);
  });

  test('costs operators that start anew neither an order, nor a write, nor a reload', async () => {
    assert.deepEqual(await badLogLines(), []);
    const [untouched, mark] = [await generation(), await world.mark()];
    await kubectl('delete', 'pods', '-n', home, '-l', 'app.kubernetes.io/component=operator');
    await kubectl('rollout', 'status', 'deployment/evercert-operator', '-n', home, '--timeout=90s');
    assert.equal(await world.orders(), 0);
    // A Certificate that comes later and is done shows that everything that was there before has been looked at.
    const { metadata } = await world.issued('default/later');
    assert.equal(await world.orders(), 1);
    const its = (name = ''): boolean => name.startsWith('later') || name.includes(metadata.uid ?? 'no uid');
    const others = (await world.ownWritesSince(mark)).filter(({ name }) => !its(name));
    assert.deepEqual(described(others), []);
    assert.equal(await generation(), untouched);
  });

  test('is issued without a failed try while all responders are replaced', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `n${index}.amid.example`);
    const ready = world.issued('default/amid', { dnsNames: names });
    await world.until('default/amid', { is: ({ status }) => status?.order !== undefined, what: 'to have an order' });
    await kubectl('delete', 'pods', '-n', home, '-l', 'app.kubernetes.io/component=responder', '--wait=false');
    assert.equal((await ready).status?.failure, undefined);
    await kubectl('rollout', 'status', 'deployment/evercert-responder', '-n', home, '--timeout=90s');
  });

  test('has left no error, no refused right and nothing secret in the logs', async () => {
    assert.deepEqual(await badLogLines(), []);
    assert.deepEqual(await world.forbiddenWrites(), []);
  });
});
