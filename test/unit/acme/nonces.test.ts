import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Nonces } from '../../../src/acme/nonces.ts';

/** A newNonce whose replies come when the test says so. */
function controlled() {
  const open: { resolve: (nonce: string) => void; reject: (error: Error) => void }[] = [];
  let asked = 0;
  const nonces = new Nonces(() => {
    asked += 1;
    const { promise, ...reply } = Promise.withResolvers<string>();
    open.push(reply);
    return promise;
  });
  return { nonces, next: () => open.shift(), asked: () => asked };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Nonces in hand, the last one the youngest. */
async function holding(...given: string[]): Promise<ReturnType<typeof controlled>> {
  const world = controlled();
  const lent = given.map(() => world.nonces.lend(undefined));
  for (const _ of given) {
    world.next()?.resolve('spent');
    await turn();
  }
  await Promise.all(lent);
  for (const nonce of given) world.nonces.giveBack(nonce);
  return world;
}

describe('the nonces of a CA', () => {
  test('are lent once, the youngest first, without asking for more', async () => {
    const { nonces, asked } = await holding('old', 'young');
    assert.deepEqual([await nonces.lend(undefined), await nonces.lend(undefined)], ['young', 'old']);
    assert.equal(asked(), 2);
  });

  test('are kept in a bounded number: the oldest go', async () => {
    const { nonces, next } = controlled();
    for (let n = 0; n < 100; n += 1) nonces.giveBack(`n${n}`);
    const lent = await Promise.all(Array.from({ length: 64 }, () => nonces.lend(undefined)));
    assert.deepEqual([lent.at(0), lent.at(-1)], ['n99', 'n36']);
    const beyond = nonces.lend(undefined);
    next()?.resolve('fetched');
    assert.equal(await beyond, 'fetched');
  });

  test('are not used after five minutes', async (t) => {
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const { nonces, next } = await holding('stale');
    now = 5 * 60_000;
    const lent = nonces.lend(undefined);
    next()?.resolve('fetched');
    assert.equal(await lent, 'fetched');
  });

  test('are fetched two at once at most, and go to who waits longest', async () => {
    const { nonces, next, asked } = controlled();
    const lent = Promise.all([1, 2, 3, 4].map(() => nonces.lend(undefined)));
    assert.equal(asked(), 2);
    next()?.resolve('first');
    await turn();
    assert.equal(asked(), 3);
    nonces.giveBack('given back'); // the nonce of a reply serves a waiter as well
    next()?.resolve('second');
    next()?.resolve('third');
    assert.deepEqual(await lent, ['first', 'given back', 'second', 'third']);
  });

  test('are not fetched while eight are lent: who waits gets what is given back', async () => {
    const { nonces, next, asked } = await holding('1', '2', '3', '4', '5', '6', '7', '8');
    for (let n = 0; n < 8; n += 1) await nonces.lend(undefined);
    const [ninth, tenth] = [nonces.lend(undefined), nonces.lend(undefined)];
    await turn();
    assert.equal(asked(), 8);
    nonces.giveBack('given back');
    assert.equal(await ninth, 'given back');
    nonces.giveBack(undefined); // a request that failed leaves a gap
    assert.equal(asked(), 9);
    next()?.resolve('fetched');
    assert.equal(await tenth, 'fetched');
  });

  test('that cannot be fetched fail all who wait, and are asked for again by the next', async () => {
    const { nonces, next, asked } = controlled();
    const waiting = Promise.allSettled([1, 2, 3].map(() => nonces.lend(undefined)));
    next()?.reject(new Error('down'));
    assert.deepEqual(
      (await waiting).map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    );
    next()?.reject(new Error('down'));
    await turn();
    const lent = nonces.lend(undefined);
    assert.equal(asked(), 3);
    next()?.resolve('fetched');
    assert.equal(await lent, 'fetched');
  });

  test('are not lost on one who waits no more', async () => {
    const { nonces } = controlled();
    const abort = new AbortController();
    const [aborted, waiting] = [nonces.lend(abort.signal), nonces.lend(undefined)];
    abort.abort(new Error('stopping'));
    nonces.giveBack('one'); // before the one who aborted has noticed
    await assert.rejects(aborted, /stopping/);
    assert.equal(await waiting, 'one');
    await assert.rejects(nonces.lend(abort.signal), /stopping/);
  });

  test('are not waited for any longer where the CA has been silent to everybody', async (t) => {
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const { nonces, asked } = await holding('n1', 'n2');
    await Promise.all([nonces.lend(undefined), nonces.lend(undefined)]);
    const waiting = Promise.allSettled(Array.from({ length: 30 }, () => nonces.lend(undefined)));
    const since = now + 1;
    now += 30_000;
    const error = new Error('it took longer than 30 s');
    nonces.giveBack(undefined, { error, since });
    const outcomes = await waiting;
    assert.ok(outcomes.every((one) => one.status === 'rejected' && one.reason === error));
    assert.equal(asked(), 4, 'two fetches are under way');
  });

  test('are waited for where one request got no answer and another did', async (t) => {
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const { nonces } = await holding('n1', 'n2');
    await Promise.all([nonces.lend(undefined), nonces.lend(undefined)]);
    const [first, second] = [nonces.lend(undefined), nonces.lend(undefined)];
    now += 20_000;
    nonces.giveBack('n3');
    assert.equal(await first, 'n3');
    nonces.giveBack(undefined, { error: new Error('lost'), since: 1 });
    nonces.giveBack('n4');
    assert.equal(await second, 'n4');
  });
});
