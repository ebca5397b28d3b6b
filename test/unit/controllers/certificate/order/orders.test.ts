import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AcmeClient, AcmeError, type Authorization, type Order } from '../../../../../src/acme/index.ts';
import { type HeldOrder, Orders } from '../../../../../src/controllers/certificate/order/orders.ts';
import { TransientError } from '../../../../../src/runtime/index.ts';
import { virtualClock } from '../../../../kit/clock.ts';

const url = 'https://ca.test/order/1';
const { signal } = new AbortController();

function order(change: Partial<Order> = {}): Order {
  const identifiers = [{ type: 'dns', value: 'shop.example' }] as const;
  return { url, status: 'pending', identifiers, authorizations: ['a'], finalize: `${url}/finalize`, ...change };
}

function authorization(status: Authorization['status'], challenge: 'pending' | 'processing' | 'valid'): Authorization {
  return {
    url: 'a',
    status,
    identifier: { type: 'dns', value: 'shop.example' },
    challenges: [
      { type: 'dns-01', url: 'a/dns', status: 'pending', token: '' },
      { type: 'http-01', url: 'a/http', status: challenge, token: 'token' },
    ],
  };
}

/** Orders over a CA that says what it is told to, on virtual time. */
function world(says: { order: Order | Error; authorization: Authorization }) {
  const clock = virtualClock();
  const asked: number[] = [];
  const start = clock.now().getTime();
  const client: Pick<AcmeClient, 'order' | 'authorization'> = {
    order: async () => {
      asked.push(clock.now().getTime() - start);
      if (says.order instanceof Error) throw says.order;
      return says.order;
    },
    authorization: async () => says.authorization,
  };
  const orders = new Orders({ clock });
  const read = () => orders.read(client as AcmeClient, url, signal);
  const readHeld = async (): Promise<HeldOrder> => {
    const held = await read();
    assert.ok('order' in held);
    return held;
  };
  return { clock, orders, asked, read, readHeld };
}

describe('the orders that a process remembers', () => {
  test('a pending order is not asked for while its challenges wait for their answer', async () => {
    const { clock, orders, asked, readHeld } = world({
      order: order(),
      authorization: authorization('pending', 'pending'),
    });
    orders.placed(order(), [authorization('pending', 'pending')]);
    for (let hour = 0; hour < 3; hour += 1) {
      assert.equal((await readHeld()).answered, false);
      await clock.advance(3_600_000);
    }
    assert.deepEqual(asked, []);
  });

  test('once answered it is polled after 0.25 s, then ever later up to 10 s', async () => {
    const { clock, orders, asked, readHeld } = world({
      order: order(),
      authorization: authorization('pending', 'processing'),
    });
    orders.placed(order(), [authorization('pending', 'pending')]);
    orders.answered(url);
    while (asked.length < 9) {
      const { pollAt } = await readHeld();
      await clock.advance(Math.max(1, pollAt.getTime() - clock.now().getTime()));
    }
    const waits = asked.map((at, index) => at - (asked[index - 1] ?? 0));
    assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });

  test('the CA is never asked before the time it gave', async () => {
    const { clock, orders, asked, readHeld } = world({
      order: order({ status: 'processing', retryAfterMs: 7_000 }),
      authorization: authorization('valid', 'valid'),
    });
    orders.placed(order({ status: 'ready' }), []);
    orders.finalized(order({ status: 'processing', retryAfterMs: 3_000 }));
    for (let second = 0; second < 12; second += 1) {
      await readHeld();
      await clock.advance(1_000);
    }
    assert.deepEqual(asked, [3_000, 10_000]);
  });

  const resumed: readonly (readonly [name: string, Authorization, answered: boolean])[] = [
    ['whose challenge waits for its answer is to be answered', authorization('pending', 'pending'), false],
    ['whose challenge is being validated is polled', authorization('pending', 'processing'), true],
    ['whose names are validated already is polled', authorization('valid', 'valid'), true],
  ];
  for (const [name, found, answered] of resumed) {
    test(`an order that another process left and ${name}, whatever other challenges say`, async () => {
      const { clock, orders, asked, readHeld } = world({ order: order(), authorization: found });
      assert.equal((await readHeld()).answered, answered);
      await clock.advance(1_000);
      await readHeld();
      assert.equal(asked.length, answered ? 2 : 1);
      orders.forget(url);
      orders.placed(order(), [found]);
      assert.equal((await readHeld()).answered, answered);
    });
  }

  test('why each name failed is read when the order turns invalid', async () => {
    const says = { order: order(), authorization: authorization('pending', 'processing') };
    const { clock, readHeld } = world(says);
    await readHeld();
    says.order = order({ status: 'invalid' });
    says.authorization = { ...authorization('invalid', 'pending'), challenges: [] };
    await clock.advance(1_000);
    const { order: read, authorizations } = await readHeld();
    assert.deepEqual([read.status, authorizations[0]?.status], ['invalid', 'invalid']);
  });

  const answers: readonly (readonly [Error, state: 'gone' | 'unavailable', retryAfterMs?: number])[] = [
    [new TransientError('no answer', { retryAfterMs: 5 }), 'unavailable', 5],
    [new AcmeError({ type: 'rateLimited', detail: 'slow down' }, 9), 'unavailable', 9],
    [new AcmeError({ type: 'serverInternal', detail: 'sorry' }), 'unavailable'],
    [new AcmeError({ type: 'badNonce', detail: 'again' }), 'unavailable'],
    [new AcmeError({ type: 'malformed', detail: 'no such order', status: 404 }), 'gone'],
    [new AcmeError({ type: 'unauthorized', detail: 'not yours' }), 'gone'],
  ];
  for (const [error, state, retryAfterMs] of answers) {
    test(`"${error.message}" means that the order is ${state}`, async () => {
      const { read } = world({ order: error, authorization: authorization('valid', 'valid') });
      const unread = await read();
      assert.ok('why' in unread);
      assert.equal(unread.state, state);
      if (unread.state === 'unavailable') assert.equal(unread.retryAfterMs, retryAfterMs);
    });
  }

  test('a defect is no answer of the CA', async () => {
    const { read } = world({ order: new TypeError('a bug'), authorization: authorization('valid', 'valid') });
    await assert.rejects(read(), TypeError);
  });

  test('an order that was left unrecorded is given to the next who asks for its purpose, once', () => {
    const { orders } = world({ order: order(), authorization: authorization('valid', 'valid') });
    orders.leftUnrecorded('purpose', order());
    assert.equal(orders.takeUnrecorded('another'), undefined);
    assert.equal(orders.takeUnrecorded('purpose')?.url, url);
    assert.equal(orders.takeUnrecorded('purpose'), undefined);
  });
});
