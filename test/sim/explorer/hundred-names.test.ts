import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { undisturbed } from '../world/exchange.ts';
import { clusterIssuer, furniture } from '../world/objects.ts';
import { World } from '../world/world.ts';
import { ask, one } from './scenarios/shop.ts';
import { run } from './trial.ts';

const hundred = Array.from({ length: 100 }, (_, index) => `name-${index}.shop.example`);
const plain = { seed: 1, disturbances: [] };

/** What comes of a first issuance for these names. */
const outcomeFor = (names: readonly string[]) =>
  run({ what: 'a first certificate', act: (world) => ask(world, names), certificates: 1 }, plain);

describe('a certificate with a hundred names', () => {
  test('costs no more object writes than one with a single name, and one order', async () => {
    const [single, many] = [await outcomeFor(one), await outcomeFor(hundred)];
    assert.deepEqual(many.writes, single.writes);
    assert.deepEqual([many.orders, many.certificates], [1, 1]);
    assert.equal(many.calls.filter((call) => call === 'authorization').length, 100);
    assert.equal(many.calls.filter((call) => call === 'answer').length, 100);
  });

  test('asks the CA five things at once at most', async () => {
    const world = new World();
    let underWay = 0;
    let most = 0;
    world.carry = async (exchange) => {
      if (exchange.name !== 'authorization' && exchange.name !== 'answer') return undisturbed(exchange);
      underWay += 1;
      most = Math.max(most, underWay);
      const outcome = await exchange.there();
      underWay -= 1;
      return exchange.back(outcome);
    };
    try {
      for (const [resource, object] of [...furniture, clusterIssuer('ca')]) await world.apply(resource, object);
      await ask(world, hundred);
      await world.settle();
      assert.equal(world.ca.certificates.length, 1);
      assert.equal(most, 5);
    } finally {
      world.close();
    }
  });
});
