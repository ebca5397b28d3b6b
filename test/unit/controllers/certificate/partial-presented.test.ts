import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countOf, hour, minute, second } from './hostile.ts';
import { World } from './memory/world.ts';

const names = ['a.example', 'b.example', 'c.example'];
const some = { partialIssuance: true };

const issuedNames = (world: World): readonly (readonly string[])[] =>
  world.ca.certificates.map((one) => one.identifiers.map(({ value }) => value));

describe('a name whose challenge is not presented while its order is open', () => {
  test('is given up after five minutes where some names are enough, and the others are ordered', async () => {
    const world = await World.make();
    world.halfRouted.add('b.example');
    world.apply(names, some);
    world.start();
    await world.advance(4 * minute);
    assert.equal(world.condition('Issuing'), 'False NotPresented');
    assert.equal(world.ca.orders.length, 1);
    await world.advance(3 * minute);
    assert.equal(world.condition('Ready'), 'True IssuedPartially');
    assert.deepEqual(issuedNames(world), [['a.example', 'c.example']]);
    assert.equal(world.ca.orders.length, 2);
    const [problem] = world.certificate.status.problems ?? [];
    assert.deepEqual([problem?.name, problem?.reason], ['b.example', 'NotPresented']);
    assert.equal(countOf(world, 'answer'), 2, 'the CA is never told of the name');
  });

  test('costs an order whenever its time comes, less and less often, until it is presented', async () => {
    const world = await World.make();
    world.halfRouted.add('b.example');
    world.apply(names, some);
    world.start();
    await world.advance(24 * hour);
    assert.deepEqual(issuedNames(world), [['a.example', 'c.example']]);
    assert.ok(world.ca.orders.length <= 4, String(world.ca.orders.length));
    world.halfRouted.clear();
    world.renew();
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.deepEqual(issuedNames(world).at(-1), names);
  });

  test('is waited for where the certificate in use has it', async () => {
    const world = await World.make();
    world.apply(names, some);
    world.start();
    await world.advance(minute);
    world.halfRouted.add('b.example');
    world.renew();
    await world.advance(hour);
    assert.equal(world.condition('Issuing'), 'False NotPresented');
    assert.equal(world.ca.orders.length, 2);
  });

  test('is waited for where no name would be left, and where some names are not enough', async () => {
    for (const [wanted, spec] of [
      [['b.example'], some],
      [names, {}],
    ] as const) {
      const world = await World.make();
      world.halfRouted.add('b.example');
      world.apply(wanted, spec);
      world.start();
      await world.advance(hour);
      assert.equal(world.condition('Ready'), 'False NotPresented');
      assert.equal(world.ca.orders.length, 1);
      assert.equal(world.certificate.status.failure, undefined);
    }
  });
});
