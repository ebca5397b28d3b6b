import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AcmeError } from '../../../../../src/acme/index.ts';
import { certificates, clusterIssuers } from '../../../../../src/api/index.ts';
import { configMaps, secrets } from '../../../../../src/kube/index.ts';
import { countOf, hour, minute, one, refuses, second, two } from '../hostile.ts';
import { shop, shopSecret, World } from '../memory/world.ts';
import { ledgerRef } from './scene.ts';

/** Two certificates for the same names in ten hours; one is refilled each five. */
const rateLimits = { certificatesPerExactSet: { count: 2, period: '10h' } };

async function worldWith(limits: object): Promise<World> {
  const world = await World.make();
  const issuer = world.cluster.peek(clusterIssuers, { name: 'le' }) as unknown as { spec: { acme: object } };
  const spec = { acme: { ...issuer.spec.acme, rateLimits: limits } };
  world.cluster.put(clusterIssuers, {
    apiVersion: 'evercert.dev/v1',
    kind: 'ClusterIssuer',
    metadata: { name: 'le' },
    spec,
  });
  return world;
}

describe('the certificate controller and the rate budget', () => {
  test('places no order beyond it, says until when, leaves the Secret, and goes on by itself', async () => {
    const world = await worldWith(rateLimits);
    world.apply(one);
    world.start();
    await world.advance(2 * minute);
    world.renew();
    await world.advance(2 * minute);
    const before = world.cluster.peek(secrets, shopSecret);
    world.renew();
    await world.advance(hour);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.condition('Stalled'), 'True RateBudget');
    assert.equal(world.condition('Issuing'), 'False RateBudget');
    const { message = '' } = world.certificate.status.conditions?.find(({ type }) => type === 'Stalled') ?? {};
    assert.match(
      message,
      /^The rate budget allows no order before 2026-06-01T05:01:\d\dZ: 2 in 10 h are allowed for this/,
    );
    assert.equal(world.ca.orders.length, 2);
    assert.deepEqual(world.cluster.peek(secrets, shopSecret), before);
    assert.equal(world.certificate.status.failure, undefined, 'it is no failure, and costs no back-off');
    await world.advance(5 * hour);
    assert.equal(world.ca.orders.length, 3);
    assert.equal(world.condition('Stalled'), 'absent');
    assert.equal(world.certificate.status.revision, 3);
  });

  test('writes nothing while it waits', async () => {
    const world = await worldWith(rateLimits);
    world.apply(one);
    world.start();
    for (let renewal = 0; renewal < 2; renewal += 1) {
      await world.advance(2 * minute);
      world.renew();
    }
    await world.advance(10 * minute);
    assert.equal(world.condition('Stalled'), 'True RateBudget');
    const writes = world.cluster.writes.length;
    await world.advance(2 * hour);
    assert.equal(world.cluster.writes.length, writes);
  });

  test('keeps to it for a Certificate that is deleted and made anew with its Secret, by processes that die meanwhile', async () => {
    const world = await worldWith(rateLimits);
    for (let time = 0; time < 20; time += 1) {
      world.apply(one);
      world.start();
      await world.advance(10 * second);
      world.killAll();
      world.cluster.delete(certificates, shop);
      world.cluster.delete(secrets, shopSecret);
    }
    assert.equal(world.ca.orders.length, 2);
    world.apply(two);
    world.start();
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'True Issued', 'another set of names has a budget of its own');
  });

  test('holds a name back that fails validation too often, however often a user asks', async () => {
    const world = await worldWith({ failedAuthorizationsPerName: { count: 5, period: '1h' } });
    world.isSeenByCa = false;
    world.apply(one, {});
    world.start();
    for (let ask = 0; ask < 20; ask += 1) {
      await world.advance(minute);
      world.renew();
    }
    await world.advance(minute);
    assert.equal(world.condition('Stalled'), 'True RateBudget');
    assert.equal(world.ca.failedValidations.length, 6, 'five, and the one that is refilled in 20 minutes');
  });

  for (const [what, type, orders] of [
    ['gives back what an order would have cost that the CA refuses', 'malformed', 2],
    ['counts an order that the CA may have taken, though it says that it failed', 'serverInternal', 0],
  ] as const) {
    test(what, async () => {
      const world = await worldWith(rateLimits);
      world.apply(one);
      world.start();
      const ca = refuses(world, 'newOrder', () => new AcmeError({ type, detail: 'no' }));
      await world.advance(15 * minute);
      assert.equal(countOf(world, 'newOrder'), 2 + Number(type === 'malformed'));
      ca.healed = true;
      for (let ask = 0; ask < 3; ask += 1) {
        world.renew();
        await world.advance(minute);
      }
      assert.equal(world.ca.orders.length, orders);
      assert.equal(world.condition('Stalled'), 'True RateBudget');
    });
  }

  test('stores nothing where no limit is known', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    await world.advance(5 * minute);
    assert.equal(countOf(world, 'newOrder'), 1);
    assert.equal(world.cluster.peek(configMaps, ledgerRef), undefined);
  });
});
