import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TransientError } from '../../../../../src/runtime/index.ts';
import { countOf, hour, minute, one, second, wired } from '../hostile.ts';
import { World } from '../memory/world.ts';

const day = 24 * hour;

describe('the certificate controller and a CA that takes its time', () => {
  test('says so after ten minutes, goes on with the order, and stores what comes of it', async () => {
    let issues = false;
    const wiring = wired((ca) => ({
      order: async (url) => {
        const order = await ca.order(url);
        return order.status === 'valid' && !issues ? { ...order, status: 'processing' } : order;
      },
      finalize: async (order, csr) => ({ ...(await ca.finalize(order, csr)), status: 'processing' }),
    }));
    const world = await World.make({ wiring });
    world.apply(one);
    world.start();
    await world.advance(9 * minute);
    assert.equal(world.condition('Issuing'), 'True SecretMissing');
    await world.advance(2 * minute);
    assert.equal(world.condition('Issuing'), 'False CAUnavailable');
    assert.match(
      world.certificate.status.failure?.problem ?? '',
      /has left the order processing for 10 minutes\. It is tried again at status\.failure\.nextAttemptTime$/,
    );
    issues = true;
    await world.advance(10 * minute);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.deepEqual([world.ca.orders.length, countOf(world, 'finalize')], [1, 1]);
  });

  test('is given five attempts with each order, however many failed before there was one', async () => {
    let refuses = true;
    let finalizedAt = 0;
    const wiring = wired((ca) => ({
      newOrder: async (request) => (refuses ? Promise.reject(new TransientError('no answer')) : ca.newOrder(request)),
      finalize: async (order, csr) => {
        finalizedAt = world.clock.now().getTime();
        return ca.finalize(order, csr);
      },
      order: async (url) => {
        const order = await ca.order(url);
        const isSlow = world.clock.now().getTime() < finalizedAt + 15 * minute;
        return order.status === 'valid' && isSlow ? { ...order, status: 'processing' } : order;
      },
    }));
    const world = await World.make({ wiring });
    world.apply(one);
    world.start();
    await world.advance(20 * hour);
    assert.equal(world.certificate.status.failure?.count, 4);
    refuses = false;
    await world.advance(3 * day);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.deepEqual([world.ca.orders.length, countOf(world, 'finalize')], [1, 1]);
  });

  test('is asked at once when a renewal is asked for, however long it wanted to be left alone', async () => {
    let asleep = true;
    const wiring = wired((ca) => ({
      order: async (url) => {
        const order = await ca.order(url);
        return asleep ? { ...order, status: 'pending', retryAfterMs: 7 * day } : order;
      },
    }));
    const world = await World.make({ wiring });
    world.apply(one);
    world.start();
    await world.advance(hour);
    assert.equal(world.condition('Issuing'), 'False CAUnavailable');
    const next = Date.parse(world.certificate.status.failure?.nextAttemptTime ?? '');
    assert.ok(next - world.clock.now().getTime() > 6 * day, 'left alone for as long as it asked');
    asleep = false;
    world.renew();
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.ca.orders.length, 1);
  });

  const never = [
    ['never validates', wired((ca) => ({ order: async (url) => ({ ...(await ca.order(url)), status: 'pending' }) }))],
    [
      'never gives the certificate',
      wired(() => ({ certificate: () => Promise.reject(new TransientError('no answer')) })),
    ],
  ] as const;
  for (const [name, wiring] of never) {
    test(`gets another order after five attempts where it ${name}`, async () => {
      const world = await World.make({ wiring });
      world.apply(one);
      world.start();
      await world.advance(20 * hour);
      assert.equal(world.certificate.status.failure?.count, 4);
      assert.equal(world.ca.orders.length, 1);
      await world.advance(40 * hour);
      assert.equal(world.ca.orders.length, 2);
    });
  }

  test('is not believed when an order that is read again asks for another token', async () => {
    let restarted = false;
    const wiring = wired((ca) => ({
      answer: () => Promise.reject(new TransientError('no answer')),
      authorization: async (url) => {
        const { challenges, ...authorization } = await ca.authorization(url);
        const changed = challenges.map((challenge) => ({ ...challenge, token: 'another-token' }));
        return { ...authorization, challenges: restarted ? changed : challenges };
      },
    }));
    const world = await World.make({ wiring });
    world.apply(one);
    await world.settleAlone();
    restarted = true;
    world.start();
    await world.advance(10 * minute);
    assert.match(world.certificate.status.failure?.problem ?? '', /^The CA changed the challenges of the order\./);
  });
});
