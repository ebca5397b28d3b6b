import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { annotations, certificates, group } from '../../../src/api/index.ts';
import { configMaps, secrets } from '../../../src/kube/index.ts';
import type { CaOptions } from '../ca/index.ts';
import type { Carry } from '../world/exchange.ts';
import { clusterIssuer, furniture, ledgerRef } from '../world/objects.ts';
import { World } from '../world/world.ts';
import { limited } from './scenarios/budget.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

async function worldWith(ca: CaOptions, rateLimits: object): Promise<World> {
  const world = new World({ ca });
  for (const [resource, object] of [...furniture, clusterIssuer('ca', { rateLimits })]) {
    await world.apply(resource, object);
  }
  await world.settle();
  return world;
}

async function ask(world: World, name: string): Promise<void> {
  const metadata = { namespace: 'web', name };
  const spec = {
    secretName: `${name}-tls`,
    dnsNames: [`${name}.example`],
    issuerRef: { name: 'ca', kind: 'ClusterIssuer' },
  };
  await world.apply(certificates, { apiVersion: `${group}/v1`, kind: 'Certificate', metadata, spec });
}

/** Deletes a Certificate with its Secret, and makes it anew, as a pipeline does that recreates its namespace. */
async function recreate(world: World, name: string): Promise<void> {
  await world.delete(certificates, { namespace: 'web', name });
  await world.advance(second);
  const secret = { namespace: 'web', name: `${name}-tls` };
  if (world.truth.get(secrets, secret) !== undefined) await world.delete(secrets, secret);
  await ask(world, name);
}

async function renew(world: World, name: string): Promise<void> {
  const metadata = { namespace: 'web', name, annotations: { [annotations.renew]: world.clock.now().toISOString() } };
  const object = { apiVersion: `${group}/v1`, kind: 'Certificate', metadata };
  await world.user.apply(certificates, object, { manager: 'user-renew', force: true });
}

/** Kills whoever makes such a call once it was carried out, each time. */
function dieAfter(isDeadly: (call: string) => boolean): Carry {
  return async (exchange) => {
    const outcome = await exchange.there();
    if (isDeadly(exchange.name)) {
      exchange.process.kill();
      return new Promise(() => {});
    }
    return exchange.back(outcome);
  };
}

describe('an operator that dies again and again', () => {
  const perSet = { certificatesPerExactSet: { count: 5, period: '168h' } };

  test('right after each order, places no more for the same names than the CA allows certificates', async () => {
    const world = await worldWith(limited(), { ...perSet, newOrdersPerAccount: { count: 300, period: '3h' } });
    world.carry = dieAfter((call) => call === 'newOrder');
    await ask(world, 'shop');
    world.start();
    await world.advance(hour);
    world.close();
    assert.equal(world.ca.orders.length, 5);
    assert.equal(world.ca.refusedByLimits, 0);
  });

  test('right after each order, of a fleet, places no more than the account may', async () => {
    const limits = { newOrdersPerAccount: { count: 20, periodMs: 10 * hour } };
    const world = await worldWith(limited(limits), { newOrdersPerAccount: { count: 20, period: '10h' } });
    world.carry = dieAfter((call) => call === 'newOrder');
    for (let one = 0; one < 30; one += 1) await ask(world, `shop-${one}`);
    world.start();
    await world.advance(hour);
    world.close();
    assert.equal(world.ca.refusedByLimits, 0);
    const { length } = world.ca.orders;
    assert.ok(length >= 1 && length <= 22, `${length} orders, of 20 and two that are refilled`);
  });

  test('right after each write of the ledger, places no order at all, and uses the budget up', async () => {
    const world = await worldWith(limited(), perSet);
    world.carry = dieAfter((call) => call.includes('evercert-ledger'));
    await ask(world, 'shop');
    world.start();
    await world.advance(hour);
    assert.equal(world.ca.orders.length, 0);
    world.carry = dieAfter(() => false);
    await world.advance(36 * hour);
    world.close();
    assert.equal(world.ca.finalized.length, 1, 'it goes on by itself once it lives, and the budget allows it');
  });
});

describe('a Certificate that is deleted and made anew with its Secret, 20 times,', () => {
  const perSet = { certificatesPerExactSet: { count: 5, period: '168h' } };

  for (const [what, dies] of [
    ['by an operator that lives', () => false],
    ['by one that dies at every seventh call', everySeventh()],
  ] as const) {
    test(`is issued no more often than the CA allows, ${what}`, async () => {
      const world = await worldWith(limited(), perSet);
      world.carry = dieAfter(dies);
      await ask(world, 'shop');
      world.start();
      for (let time = 0; time < 20; time += 1) {
        await world.advance(20 * second);
        await recreate(world, 'shop');
      }
      await world.advance(minute);
      world.close();
      assert.equal(world.ca.refusedByLimits, 0);
      assert.ok(world.ca.finalized.length <= 5 && world.ca.finalized.length >= 2, `${world.ca.finalized.length}`);
    });
  }
});

function everySeventh(): () => boolean {
  let calls = 0;
  return () => {
    calls += 1;
    return calls % 7 === 0;
  };
}

describe('a ledger that somebody takes away or makes illegible', () => {
  const twice = { certificatesPerExactSet: { count: 2, period: '10h' } };
  const twiceAtCa = limited({ certificatesPerExactSet: { count: 2, periodMs: 10 * hour } });
  const ways: readonly (readonly [what: string, spoil: (world: World) => Promise<void>])[] = [
    ['deleted', (world) => world.delete(configMaps, ledgerRef)],
    ['edited', edit],
  ];
  for (const [what, spoil] of ways) {
    for (const restarted of [false, true]) {
      test(`costs no order too many (${what}${restarted ? ', and the operator starts anew' : ''})`, async () => {
        const world = await worldWith(twiceAtCa, twice);
        await ask(world, 'shop');
        world.start();
        await world.advance(70 * second);
        await spoil(world);
        if (restarted) {
          world.killAll();
          world.start();
        }
        for (let renewal = 0; renewal < 3; renewal += 1) {
          await world.advance(75 * second);
          await renew(world, 'shop');
        }
        await world.advance(minute);
        world.close();
        assert.equal(world.ca.finalized.length, 2);
        assert.equal(world.ca.refusedByLimits, 0);
      });
    }
  }
});

async function edit(world: World): Promise<void> {
  const { data = {} } = (world.truth.get(configMaps, ledgerRef) ?? {}) as { data?: Record<string, string> };
  const spoiled = Object.fromEntries(Object.keys(data).map((part) => [part, 'not a line of a ledger\n']));
  await world.apply(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...ledgerRef },
    data: spoiled,
  });
}

describe('a fleet at a CA with limits', () => {
  test('is issued as far as the limits go, then one by one, with no order refused and no write for those who wait', async () => {
    const limits = { newOrdersPerAccount: { count: 20, periodMs: 2 * hour } };
    const world = await worldWith(limited(limits), { newOrdersPerAccount: { count: 20, period: '2h' } });
    for (let one = 0; one < 30; one += 1) await ask(world, `shop-${one}`);
    const ledger: string[] = [];
    world.onCall = (name, when) => {
      if (when === 'happened' && name.includes('evercert-ledger')) ledger.push(name);
    };
    world.start();
    await world.advance(5 * minute);
    assert.equal(world.ca.finalized.length, 20);
    assert.ok(ledger.length <= 8, `${ledger.length} writes of the ledger`);
    await world.advance(70 * minute);
    world.close();
    assert.equal(world.ca.finalized.length, 30);
    assert.equal(world.ca.refusedByLimits, 0);
  });
});
