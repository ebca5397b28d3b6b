import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { certificates, group } from '../../../src/api/index.ts';
import { type CaOptions, letsEncrypt, strict } from '../ca/index.ts';
import type { Carry } from '../world/exchange.ts';
import { clusterIssuer, furniture } from '../world/objects.ts';
import { World } from '../world/world.ts';

const minute = 60_000;
const hour = 60 * minute;

/** Limits as Let's Encrypt has them, at a CA that hands out nothing twice. */
function limited(limits: Partial<CaOptions['limits']> = {}): CaOptions {
  if (letsEncrypt.limits === undefined) throw new Error('it has limits');
  return { ...strict, limits: { ...letsEncrypt.limits, ...limits } };
}

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
