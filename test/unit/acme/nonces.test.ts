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

describe('the nonces of a CA', () => {
  test('are given away once, the youngest first, without asking for more', async () => {
    const { nonces, asked } = controlled();
    nonces.put('old');
    nonces.put('young');
    assert.deepEqual([await nonces.take(undefined), await nonces.take(undefined)], ['young', 'old']);
    assert.equal(asked(), 0);
  });

  test('are kept in a bounded number: the oldest go', async () => {
    const { nonces, next } = controlled();
    for (let n = 0; n < 100; n += 1) nonces.put(`n${n}`);
    const taken = await Promise.all(Array.from({ length: 64 }, () => nonces.take(undefined)));
    assert.deepEqual([taken.at(0), taken.at(-1)], ['n99', 'n36']);
    const beyond = nonces.take(undefined);
    next()?.resolve('fetched');
    assert.equal(await beyond, 'fetched');
  });

  test('are not used after five minutes', async (t) => {
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const { nonces, next } = controlled();
    nonces.put('stale');
    now = 5 * 60_000;
    const taken = nonces.take(undefined);
    next()?.resolve('fetched');
    assert.equal(await taken, 'fetched');
  });

  test('are fetched two at once at most, and go to who waits longest', async () => {
    const { nonces, next, asked } = controlled();
    const taken = Promise.all([1, 2, 3, 4].map(() => nonces.take(undefined)));
    assert.equal(asked(), 2);
    nonces.put('left over'); // a reply to another request serves a waiter as well
    next()?.resolve('first');
    await turn();
    assert.equal(asked(), 3);
    next()?.resolve('second');
    await turn();
    next()?.resolve('third');
    assert.deepEqual(await taken, ['left over', 'first', 'second', 'third']);
  });

  test('that cannot be fetched fail one who waits, not all', async () => {
    const { nonces, next } = controlled();
    const [first, second] = [nonces.take(undefined), nonces.take(undefined)];
    next()?.reject(new Error('down'));
    await assert.rejects(first, /down/);
    next()?.resolve('fetched');
    assert.equal(await second, 'fetched');
  });

  test('are not lost on one who waits no more', async () => {
    const { nonces } = controlled();
    const abort = new AbortController();
    const [aborted, waiting] = [nonces.take(abort.signal), nonces.take(undefined)];
    abort.abort(new Error('stopping'));
    await assert.rejects(aborted, /stopping/);
    nonces.put('one');
    assert.equal(await waiting, 'one');
    await assert.rejects(nonces.take(abort.signal), /stopping/);
  });
});
