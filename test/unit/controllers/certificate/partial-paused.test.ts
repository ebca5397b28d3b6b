import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AcmeError, type Problem } from '../../../../src/acme/index.ts';
import { TransientError } from '../../../../src/runtime/index.ts';
import { countOf, hour, minute, refuses, second } from './hostile.ts';
import { World } from './memory/world.ts';

const names = ['a.example', 'b.example', 'c.example'];
const some = { partialIssuance: true };

/** A CA that has paused a name of ours; Let's Encrypt tells of it in a sentence. */
async function paused(spec: object, name = 'b.example'): Promise<World> {
  const world = await World.make();
  for (const { url } of world.ca.accounts) world.ca.pause(url, name);
  world.apply(names, spec);
  world.start();
  return world;
}

function unpause(world: World): void {
  for (const { url } of world.ca.accounts) world.ca.unpause(url);
}

const issuedNames = (world: World): readonly (readonly string[])[] =>
  world.ca.certificates.map((one) => one.identifiers.map(({ value }) => value));

describe('a name that the CA has paused, where some names are enough', () => {
  test('is left out of the next order, and told of with the page where a person ends that', async () => {
    const world = await paused(some);
    await world.advance(5 * minute);
    assert.equal(world.condition('Ready'), 'True IssuedPartially');
    assert.deepEqual(issuedNames(world), [['a.example', 'c.example']]);
    const [problem, ...others] = world.certificate.status.problems ?? [];
    assert.deepEqual(others, []);
    assert.deepEqual([problem?.name, problem?.reason, problem?.count], ['b.example', 'Paused', 1]);
    assert.match(
      problem?.problem ?? '',
      /^the CA has paused it; a person has to visit https:\/\/portal\.letsencrypt\.org/,
    );
    const ready = world.certificate.status.conditions?.find(({ type }) => type === 'Ready');
    assert.match(ready?.message ?? '', /Left out: b\.example: the CA has paused it; a person has to visit https:/);
  });

  test('needs nobody for the other names, so nothing is Stalled at any time', async () => {
    const world = await paused(some);
    let stalled = 0;
    world.happened = () => {
      if (world.condition('Stalled') !== 'absent') stalled += 1;
    };
    await world.advance(30 * second);
    assert.equal(world.condition('Issuing'), 'False Paused');
    await world.advance(50 * hour);
    assert.equal(stalled, 0);
  });

  test('is asked for again once a day, and the certificate for the others stays meanwhile', async () => {
    const world = await paused(some);
    await world.advance(5 * minute);
    const orders = countOf(world, 'newOrder');
    await world.advance(60 * hour);
    assert.equal(countOf(world, 'newOrder') - orders, 2);
    assert.equal(world.condition('Ready'), 'True IssuedPartially');
    assert.equal(issuedNames(world).length, 1);
  });

  test('is in the certificate as soon as that person has ended it and asked for a renewal', async () => {
    const world = await paused(some);
    await world.advance(5 * minute);
    unpause(world);
    world.renew();
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.deepEqual(issuedNames(world)[1], names);
    assert.equal(world.certificate.status.problems, undefined);
  });

  test('takes nothing back where it is tried again by annotation and the CA does not answer', async () => {
    const world = await paused(some);
    await world.advance(5 * minute);
    refuses(world, 'newOrder', () => new TransientError('no answer'));
    world.renew();
    await world.advance(10 * second);
    assert.equal(world.condition('Issuing'), 'False CAUnavailable');
    assert.equal(world.condition('Ready'), 'True IssuedPartially');
    assert.deepEqual(
      world.certificate.status.problems?.map(({ name, reason }) => `${name} ${reason}`),
      ['b.example Pending'],
    );
  });

  test('holds a renewal up where the certificate in use has it, and then a person is needed', async () => {
    const world = await World.make();
    world.apply(names, some);
    world.start();
    await world.advance(minute);
    for (const { url } of world.ca.accounts) world.ca.pause(url, 'b.example');
    world.renew();
    await world.advance(5 * minute);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.condition('Stalled'), 'True Paused');
    assert.equal(issuedNames(world).length, 1);
  });

  test('stops the whole where some names are not enough', async () => {
    const world = await paused({});
    await world.advance(60 * hour);
    assert.equal(world.condition('Ready'), 'False Paused');
    assert.equal(world.condition('Stalled'), 'True Paused');
    assert.deepEqual(issuedNames(world), []);
    assert.equal(countOf(world, 'newOrder'), 3);
  });
});

describe('what a CA wants a person to do, where some names are enough', () => {
  const demand = (about: Partial<Problem>) => (): Error =>
    new AcmeError({ type: 'userActionRequired', detail: 'prove that you own it', ...about });

  test('leaves out the names that it says it is about', async () => {
    const world = await World.make();
    const of = demand({
      instance: 'https://ca.test/prove',
      subproblems: [{ type: 'userActionRequired', detail: 'new', identifier: { type: 'dns', value: 'b.example' } }],
    });
    const ca = refuses(world, 'newOrder', of);
    world.apply(names, some);
    world.start();
    await world.advance(30 * second);
    ca.healed = true;
    await world.advance(5 * minute);
    assert.deepEqual(issuedNames(world), [['a.example', 'c.example']]);
    const [problem] = world.certificate.status.problems ?? [];
    assert.equal(problem?.reason, 'UserActionRequired');
    assert.equal(problem?.problem, 'new (userActionRequired); a person has to visit https://ca.test/prove');
  });

  test('stops the whole where it is about the account', async () => {
    const world = await World.make();
    refuses(world, 'newOrder', demand({ instance: 'https://ca.test/terms', detail: 'new terms for b.example' }));
    world.apply(names, some);
    world.start();
    await world.advance(hour);
    assert.equal(world.condition('Stalled'), 'True UserActionRequired');
    assert.equal(world.certificate.status.problems, undefined);
    assert.equal(countOf(world, 'newOrder'), 1);
  });
});
