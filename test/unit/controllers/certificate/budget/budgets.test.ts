import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { WantedOrder } from '../../../../../src/controllers/certificate/budget/budgets.ts';
import { rateLimitsOf } from '../../../../../src/controllers/certificate/budget/limits.ts';
import { ConflictError, TransientError } from '../../../../../src/runtime/index.ts';
import { different, directory, hour, minute, order, Scene, same, second } from './scene.ts';

describe('the rate budget', () => {
  test('allows as many orders as the CA does, and then tells when it allows the next', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    assert.equal(await scene.placeAll(budgets, different(400)), 301, 'one was refilled in the minute that it took');
    const seen = await budgets.look(order(), scene.signal);
    assert.equal(seen.state, 'spent');
    const waitMs = seen.state === 'spent' ? seen.until.getTime() - scene.clock.now().getTime() : 0;
    assert.ok(waitMs > 10 * second && waitMs < 2 * minute, String(waitMs));
    assert.match(seen.state === 'spent' ? seen.why : '', /^300 in 3 h are allowed for this account \(spec\.acme\.rate/);
    await scene.clock.advance(waitMs);
    assert.equal((await budgets.look(order(), scene.signal)).state, 'allows');
  });

  test('allows one exact set of names five times in a week, and the others all the same', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    assert.equal(await scene.placeAll(budgets, same()), 5);
    const other = order({ names: ['a.shop.example', 'shop.example'], key: 'web/other' });
    assert.equal((await budgets.look(other, scene.signal)).state, 'allows');
    await scene.clock.advance(34 * hour);
    assert.equal(await scene.placeAll(budgets, same()), 1);
  });

  test('allows 50 certificates of a registered domain, and renewals beyond', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    const ofDomain = Array.from({ length: 60 }, (_, one) => order({ names: [`${one}.shop.example`] }));
    assert.equal(await scene.placeAll(budgets, ofDomain), 50);
    const renewals = ofDomain.slice(0, 50).map((one) => ({ ...one, isRenewal: true }));
    assert.equal(await scene.placeAll(budgets, renewals), 50);
  });

  test('gives each who waits a time of their own', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    await scene.placeAll(budgets, different(400));
    const untils = new Set<number>();
    for (let one = 0; one < 100; one += 1) {
      const seen = await budgets.look(order({ names: [`late-${one}.example`] }), scene.signal);
      if (seen.state === 'spent') untils.add(seen.until.getTime());
    }
    assert.equal(untils.size, 100);
    assert.ok(Math.max(...untils) - Math.min(...untils) >= 99 * 36 * second);
  });

  test('holds back a name whose validation failed five times within an hour, whichever Certificates ask for it', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    for (let one = 0; one < 5; one += 1) {
      const wanted = order({ names: ['bad.example', `good-${one}.example`], key: `web/${one}` });
      assert.equal(await scene.placeAll(budgets, [wanted]), 1);
      budgets.failed(wanted, ['bad.example'], scene.signal);
    }
    const seen = await budgets.look(order({ names: ['bad.example'] }), scene.signal);
    assert.match(seen.state === 'spent' ? seen.why : '', /failedAuthorizationsPerName/);
    assert.equal((await budgets.look(order({ names: ['good-1.example'] }), scene.signal)).state, 'allows');
    await scene.clock.advance(15 * minute);
    assert.equal((await budgets.look(order({ names: ['bad.example'] }), scene.signal)).state, 'allows');
  });

  test('counts no certificate for an order that came to nothing, and no order that the CA did not take', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    for (let one = 0; one < 20; one += 1) {
      await budgets.spend(order(), scene.signal);
      if (one % 2 === 0) budgets.failed(order(), [], scene.signal);
      else budgets.refused(order(), scene.signal);
    }
    assert.equal(await scene.placeAll(budgets, same()), 5);
  });

  test('counts a certificate from when it was issued, however long its order took', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    await scene.placeAll(budgets, [order()]);
    await scene.clock.advance(5 * 24 * hour);
    budgets.issued(order(), scene.signal);
    assert.equal(await scene.placeAll(budgets, same()), 4);
  });

  test('has everybody place their order at a pace, each at their own turn', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    const limits = { newOrders: { count: 20, periodMs: 2 * second } };
    const fleet = Array.from({ length: 300 }, (_, one): WantedOrder => {
      return order({ names: [`${one}.example`], rates: { exemptsRenewals: true, limits }, isRenewal: true });
    });
    const atMs: number[] = [];
    const startMs = scene.clock.now().getTime();
    let waiting = fleet.map((one) => ({ one, at: startMs }));
    let looks = 0;
    while (waiting.length > 0) {
      const [next] = waiting.toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      await scene.clock.advance(next.at - scene.clock.now().getTime());
      looks += 1;
      const seen = await budgets.look(next.one, scene.signal);
      waiting = waiting.filter((each) => each !== next);
      if (seen.state === 'paced') {
        waiting.push({ one: next.one, at: seen.until.getTime() });
        continue;
      }
      await budgets.spend(next.one, scene.signal);
      atMs.push(scene.clock.now().getTime() - startMs);
    }
    assert.equal(atMs.filter((ms) => ms < 100).length, 20);
    const lastMs = atMs.at(-1) ?? 0;
    assert.ok(lastMs >= 27.9 * second && lastMs <= 28.5 * second, String(lastMs));
    assert.ok(looks <= 600, `${looks} looks for 300 orders`);
    assert.equal(scene.writes, 0, 'a pace is no matter of the ledger');
  });

  test('of two operators that run at once the second learns of the first, and neither spends what the other has', async () => {
    const scene = new Scene();
    const [one, other] = [scene.start(), scene.start()];
    await scene.placeAll(one, [order()]);
    await scene.placeAll(other, [order(), order()]);
    let placed = 3;
    for (let turn = 0; turn < 20; turn += 1) {
      const budgets = turn % 2 === 0 ? one : other;
      await scene.clock.advance(2 * minute);
      if ((await budgets.look(order(), scene.signal)).state !== 'allows') continue;
      try {
        await budgets.spend(order(), scene.signal);
        placed += 1;
      } catch (error) {
        assert.ok(error instanceof ConflictError);
      }
    }
    assert.equal(placed, 5);
  });

  test('gives the last token to one of those who ask at the same moment', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    await scene.placeAll(budgets, [order(), order(), order()]);
    await scene.clock.advance(minute);
    const asking = Array.from({ length: 10 }, () => budgets.spend(order(), scene.signal));
    const outcomes = await Promise.allSettled(asking);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2);
  });

  test('lets a name that waited for a failure of its own go on, and the next one after it', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    const bad = order({ names: ['bad.example'] });
    for (let failure = 0; failure < 5; failure += 1) budgets.failed(bad, bad.names, scene.signal);
    assert.equal((await budgets.look(bad, scene.signal)).state, 'spent');
    await scene.clock.advance(15 * minute);
    await budgets.spend(bad, scene.signal);
    const other = order({ names: ['bad.example', 'good.example'], key: 'web/other' });
    assert.equal((await budgets.look(other, scene.signal)).state, 'allows');
  });

  test('places nothing while the ledger can be neither read nor stored, and goes on where it was', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    const busy = (): never => {
      throw new TransientError('busy');
    };
    scene.cluster.beforeWrite = busy;
    for (let one = 0; one < 20; one += 1) await assert.rejects(budgets.spend(order(), scene.signal), TransientError);
    scene.cluster.beforeWrite = () => {};
    assert.equal(await scene.placeAll(budgets, same()), 5);
  });

  test('is not known while the ledger cannot be read', async () => {
    const scene = new Scene();
    const { client } = scene.cluster;
    const forbidden = { ...client, get: () => Promise.reject(new TransientError('get configmaps: forbidden (403)')) };
    const budgets = scene.start(forbidden);
    const seen = await budgets.look(order(), scene.signal);
    assert.deepEqual(seen, { state: 'unknown', why: 'get configmaps: forbidden (403)' });
    await assert.rejects(budgets.spend(order(), scene.signal), TransientError);
  });

  test('tells what is left of each limit, in the bucket that has least', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    await scene.placeAll(budgets, [order(), order(), order({ names: ['other.example'] })]);
    await scene.clock.advance(minute);
    const left = Object.fromEntries(budgets.remaining().map(({ limit, tokens }) => [limit, tokens]));
    const { failedAuthorizationsPerName, certificatesPerExactSet, newOrdersPerAccount } = left;
    assert.deepEqual([certificatesPerExactSet, newOrdersPerAccount, failedAuthorizationsPerName], [3, 298, 5]);
    assert.equal(budgets.remaining()[0]?.ca, new URL(directory).host);
  });

  test('is no budget for a CA of which no limit is known', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    const rates = rateLimitsOf({ server: 'https://ca.test/directory' });
    for (let one = 0; one < 10; one += 1) await scene.placeAll(budgets, [order({ rates })]);
    assert.deepEqual(scene.cluster.asked, []);
  });
});
