import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AcmeError } from '../../../../src/acme/index.ts';
import { ForbiddenError, secrets } from '../../../../src/kube/index.ts';
import { TerminalError, TransientError } from '../../../../src/runtime/index.ts';
import { countOf, hour, minute, one, refuses, second, two, wired } from './hostile.ts';
import { shopSecret, World } from './memory/world.ts';

describe('the certificate controller after a failure', () => {
  const malformed = (): Error => new AcmeError({ type: 'malformed', detail: 'no' });

  test('issues at once when the spec is edited, however far off the next attempt is', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    const ca = refuses(world, 'newOrder', malformed);
    await world.advance(20 * minute);
    assert.equal(world.certificate.status.failure?.count, 3);
    ca.healed = true;
    world.apply(two);
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.certificate.status.failure, undefined);
  });

  test('counts failures anew once the spec is edited or a renewal is asked for', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    refuses(world, 'newOrder', malformed);
    await world.advance(20 * minute);
    for (const ask of [() => world.apply(two), () => world.renew()]) {
      ask();
      await world.advance(10 * second);
      assert.equal(world.certificate.status.failure?.count, 1);
      await world.advance(20 * minute);
    }
  });

  test('tries once, and not again within that second, when a renewal is asked for', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    await world.advance(10 * second + 700);
    refuses(world, 'newOrder', malformed);
    world.renew();
    await world.advance(30 * second);
    assert.equal(world.certificate.status.failure?.count, 1);
  });

  test('keeps the reason of the failure through whatever else is said meanwhile', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    const limited = (): Error => new AcmeError({ type: 'rateLimited', detail: 'too many' }, 2 * hour);
    refuses(world, 'newOrder', limited);
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'False RateLimited');
    world.cluster.put(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { ...shopSecret } });
    await world.advance(2 * minute);
    world.annotate('touched', 'by somebody');
    await world.advance(second);
    assert.equal(world.condition('Ready'), 'False SecretNotOwned');
    world.cluster.delete(secrets, shopSecret);
    world.annotate('touched', 'again');
    await world.advance(second);
    assert.equal(world.condition('Ready'), 'False RateLimited');
    assert.equal(countOf(world, 'newOrder'), 1);
  });

  test('leaves the CA alone as long as it asked, also where others write to the status meanwhile', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    refuses(world, 'newOrder', () => {
      world.annotate('touched', 'by somebody');
      return new AcmeError({ type: 'rateLimited', detail: 'too many' }, hour);
    });
    await world.advance(50 * minute);
    assert.equal(countOf(world, 'newOrder'), 1);
    assert.equal(world.condition('Issuing'), 'False RateLimited');
  });

  test('leaves names that the CA has paused to a person, and asks again once a day or when that person says so', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    const page = 'https://portal.ca.test/unpause?jwt=1';
    const ca = refuses(
      world,
      'newOrder',
      () => new AcmeError({ type: 'rateLimited', detail: `Please visit: ${page}` }),
    );
    await world.advance(60 * hour);
    assert.equal(world.condition('Stalled'), 'True Paused');
    const stalled = world.certificate.status.conditions?.find(({ type }) => type === 'Stalled');
    assert.match(stalled?.message ?? '', /A person has to visit https:\/\/portal\.ca\.test\/unpause\?jwt=1/);
    assert.equal(countOf(world, 'newOrder'), 3);
    ca.healed = true;
    world.renew();
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.condition('Stalled'), 'absent');
  });

  test('is not held back by a failure that a wrong clock noted in the future', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    await world.advance(10 * second);
    const ca = refuses(world, 'newOrder', malformed);
    world.clock.setWall(new Date('2026-12-01T00:00:00Z'));
    await world.advance(5 * minute);
    assert.notEqual(world.certificate.status.failure, undefined);
    world.clock.setWall(new Date('2026-06-01T01:00:00Z'));
    ca.healed = true;
    world.renew();
    await world.advance(2 * minute);
    assert.equal(world.certificate.status.revision, 2);
  });
});

describe('the certificate controller and an API server that refuses the Secret', () => {
  test('says so, and goes on with the same order once the spec is corrected', async () => {
    const world = await World.make();
    world.cluster.admit = (object) => {
      if (object.metadata.labels?.['bad'] === undefined) return object;
      throw new TerminalError('apply secrets web/shop-tls: metadata.labels: Invalid value: "a b" (422)');
    };
    const template = { secretTemplate: { labels: { bad: 'a b' } } };
    world.apply(one, template);
    world.start();
    await world.advance(5 * minute);
    assert.equal(world.condition('Ready'), 'False SecretRefused');
    assert.equal(world.condition('Stalled'), 'True SecretRefused');
    assert.match(world.certificate.status.failure?.problem ?? '', /metadata\.labels: Invalid value/);
    assert.equal(world.events.filter(({ reason }) => reason === 'SecretRefused').length, 2, 'one Event per attempt');
    world.apply(one, { secretTemplate: {} });
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.deepEqual([world.ca.orders.length, world.ca.finalized.length], [1, 1]);
  });
});

describe('the certificate controller and a quota that is used up', () => {
  test('says so before any order, and goes on by itself once there is room', async () => {
    const world = await World.make();
    let isFull = true;
    world.cluster.admit = (object) => {
      if (!isFull || object.kind !== 'Secret') return object;
      throw new ForbiddenError('apply secrets web/x: exceeded quota: few, requested: count/secrets=1 (403)');
    };
    world.apply(one);
    world.start();
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'False SecretRefused');
    assert.match(world.certificate.status.failure?.problem ?? '', /exceeded quota: few/);
    assert.equal(world.ca.orders.length, 0);
    isFull = false;
    await world.advance(2 * minute);
    assert.equal(world.condition('Ready'), 'True Issued');
  });
});

describe('the certificate controller and a CA that makes no sense', () => {
  test('an order that is invalid from the start is an attempt that failed, not a reason to place the next at once', async () => {
    const wiring = wired((ca) => ({
      newOrder: async (request) => ({ ...(await ca.newOrder(request)), status: 'invalid' }),
    }));
    const world = await World.make({ wiring });
    world.apply(one);
    world.start();
    await world.advance(30 * minute);
    assert.equal(world.condition('Ready'), 'False OrderFailed');
    assert.equal(world.ca.orders.length, 3);
  });

  test('an order that stays ready after it was finalized is looked at again later, and stays the one order', async () => {
    const wiring = wired(() => ({ finalize: async (order) => ({ ...order, status: 'ready' }) }));
    const world = await World.make({ wiring });
    world.apply(one);
    world.start();
    await world.advance(30 * minute);
    assert.equal(world.condition('Ready'), 'False CAUnavailable');
    assert.deepEqual([countOf(world, 'finalize'), world.ca.orders.length], [3, 1]);
  });

  test('an order that is still pending after it has expired is given up', async () => {
    const expires = '2026-06-01T00:30:00Z';
    let expiring = 1;
    const wiring = wired((ca) => ({
      newOrder: async (request) => ({
        ...(await ca.newOrder(request)),
        ...(expiring-- > 0 ? { expires } : {}),
      }),
    }));
    const world = await World.make({ wiring });
    world.apply(one);
    world.start();
    const ca = refuses(world, 'answer', () => new TransientError('no answer'));
    await world.advance(2 * hour);
    ca.healed = true;
    await world.advance(30 * hour);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.deepEqual([world.ca.orders.length, world.ca.finalized.length], [2, 1]);
  });

  test('a damaged download is fetched again, for the same order', async () => {
    let damaged = 2;
    const wiring = wired((ca) => ({
      certificate: async (url) => {
        const answer = await ca.certificate(url);
        damaged -= 1;
        return damaged < 0 ? answer : { ...answer, chain: answer.chain.slice(0, -100) };
      },
    }));
    const world = await World.make({ wiring });
    world.apply(one);
    world.start();
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'False CertificateRefused');
    await world.advance(15 * minute);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.deepEqual([world.ca.orders.length, world.ca.finalized.length], [1, 1]);
  });

  test('a chain that can never be read costs an order only now and then', async () => {
    const wiring = wired(() => ({ certificate: async () => ({ chain: '<html>busy</html>', alternates: [] }) }));
    const world = await World.make({ wiring });
    world.apply(one);
    world.start();
    await world.advance(2 * hour);
    assert.equal(world.ca.orders.length, 2);
  });

  test('a renewBefore of nearly the whole lifetime does not order again and again', async () => {
    const world = await World.make();
    world.apply(one, { renewBefore: '2160h30m' });
    world.start();
    await world.advance(48 * hour);
    assert.equal(world.ca.orders.length, 1);
    assert.equal(world.condition('Ready'), 'True Issued');
  });
});
