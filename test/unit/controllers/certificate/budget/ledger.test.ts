import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ledgerData, readBuckets } from '../../../../../src/controllers/certificate/budget/ledger-text.ts';
import { configMaps } from '../../../../../src/kube/index.ts';
import { account, different, hour, ledgerRef, minute, order, Scene, same, second } from './scene.ts';

describe('the ledger of rate limits', () => {
  test('tells of an order before it is placed', async () => {
    const scene = new Scene();
    await scene.start().spend(order(), scene.signal);
    assert.deepEqual(
      scene.lines.map((line) => line.split(' ')[1]),
      ['newOrdersPerAccount', 'certificatesPerDomain', 'certificatesPerExactSet'],
    );
    assert.ok(scene.lines.includes(`2026-06-01T00:00:36Z newOrdersPerAccount ${account}`));
  });

  test('is stored a few times for 299 orders at once, and once more when they are over', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    await scene.placeAll(budgets, different(299));
    assert.ok(scene.writes <= 10, `${scene.writes} writes`);
    const before = scene.writes;
    await scene.clock.advance(2 * minute);
    assert.equal(scene.writes, before + 1);
    assert.equal(scene.lines.filter((line) => line.includes('certificatesPerDomain')).length, 299);
    await scene.clock.advance(24 * hour);
    assert.equal(scene.writes, before + 1, 'nothing new is nothing to store');
  });

  test('is stored once for an order that stays alone', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    await budgets.spend(order(), scene.signal);
    await scene.clock.advance(5 * second);
    budgets.issued(order(), scene.signal);
    await scene.clock.advance(hour);
    assert.equal(scene.writes, 1);
  });

  test('is stored together for orders that come at one moment', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    const orders = different(32);
    await Promise.all(orders.map((one) => budgets.spend(one, scene.signal)));
    assert.ok(scene.writes <= 3, `${scene.writes} writes`);
    await scene.clock.advance(2 * minute);
    const again = scene.restart();
    await again.look(order(), scene.signal);
    const left = again.remaining().find(({ limit }) => limit === 'newOrdersPerAccount');
    assert.equal(left?.tokens, 300 - 32 + 2, 'two have been refilled, of which the first is not believed yet');
  });

  test('has a process that dies right before each order lose none and waste none', async () => {
    const scene = new Scene();
    for (let crash = 0; crash < 5; crash += 1) assert.equal(await scene.placeAll(scene.restart(), [order()]), 1);
    assert.equal((await scene.restart().look(order(), scene.signal)).state, 'spent');
    const other = order({ names: ['other.example'] });
    assert.equal(await scene.placeAll(scene.restart(), [other, other, other]), 3);
  });

  test('has processes that die in the midst of bursts never place more than the CA allows', async () => {
    const scene = new Scene();
    let placed = 0;
    for (let crash = 0; crash < 40; crash += 1) {
      placed += await scene.placeAll(scene.restart(), different(1 + ((crash * 7) % 23), 100 * crash));
    }
    const refilled = (scene.clock.monotonicMs() + 36 * second) / (36 * second);
    assert.ok(placed <= 300 + refilled, `${placed} orders`);
    assert.ok(placed >= 150, `${placed} orders: no more is wasted than was used`);
  });

  test('is made again from what is known where somebody deletes it', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    await scene.placeAll(budgets, [order(), order(), order()]);
    scene.cluster.delete(configMaps, ledgerRef);
    await scene.clock.advance(2 * minute);
    assert.equal(await scene.placeAll(budgets, same()), 2);
    assert.equal(await scene.placeAll(scene.restart(), same()), 0);
  });

  test('believes what it knew where somebody edits it', async () => {
    const scene = new Scene();
    const budgets = scene.start();
    await scene.placeAll(budgets, [order(), order(), order()]);
    const { data } = scene.cluster.peek(configMaps, ledgerRef) as unknown as { data: Record<string, string> };
    const emptied = Object.fromEntries(Object.keys(data).map((part) => [part, 'what is this?\n']));
    scene.cluster.put(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...ledgerRef }, data: emptied });
    await scene.clock.advance(2 * minute);
    assert.equal(await scene.placeAll(budgets, same()), 2);
    assert.equal(await scene.placeAll(scene.restart(), same()), 0);
    assert.ok(scene.log.lines.some(({ level, fields }) => level === 'warn' && fields.count === 1));
  });

  test('gone while no operator ran, is made up for by what the statuses tell', async () => {
    const scene = new Scene();
    const at = '2026-06-01T00:00:00Z';
    const names = ['shop.example'];
    const ready = { issuerKey: 'ClusterIssuer/le', names, status: { notBefore: '2026-05-31T23:30:00Z', revision: 1 } };
    const failed = {
      issuerKey: 'ClusterIssuer/le',
      names: ['bad.example'],
      status: {
        failure: { count: 1, lastTime: at, nextAttemptTime: at },
        order: {
          url: 'https://ca.test/order/1',
          state: 'invalid' as const,
          revision: 1,
          thumbprint: '',
          identifiers: [{ type: 'dns' as const, value: 'bad.example', state: 'invalid' as const }],
        },
      },
    };
    scene.rows = [ready, ready, ready, ready, failed, { ...ready, issuerKey: 'Issuer/web/other' }];
    const budgets = scene.start();
    assert.equal(await scene.placeAll(budgets, same()), 1);
    const left = Object.fromEntries(budgets.remaining().map(({ limit, tokens }) => [limit, tokens]));
    assert.equal(left['failedAuthorizationsPerName'], 4);
  });
});

describe('the text of the ledger', () => {
  const now = Date.parse('2026-06-01T00:00:00Z');

  test('says what is not full, and is read as it was written, never earlier', () => {
    const buckets = new Map([
      ['certificatesPerDomain shop.example', now + 1_500],
      ['certificatesPerDomain full.example', now],
    ]);
    const { ca = '' } = ledgerData(new Map([['ca', buckets]]), now);
    assert.equal(ca, '2026-06-01T00:00:02Z certificatesPerDomain shop.example\n');
    assert.deepEqual([...readBuckets(ca, now).buckets], [['certificatesPerDomain shop.example', now + 2_000]]);
  });

  test('is at most as long as a ConfigMap, and drops what is nearest to being full', () => {
    const many = Array.from({ length: 30_000 }, (_, one) => {
      return [`certificatesPerExactSet ${String(one).padStart(16, '0')}`, now + 1_000 + one] as const;
    });
    const { ca = '' } = ledgerData(new Map([['ca', new Map(many)]]), now);
    assert.ok(ca.length < 1_000_000, String(ca.length));
    assert.match(ca, /0000000000029999/);
    assert.doesNotMatch(ca, /0000000000000001/);
  });

  test('is believed a month ahead at most, so that a wrong clock blocks nobody for ever', () => {
    const { buckets } = readBuckets('9999-01-01T00:00:00Z certificatesPerDomain shop.example\n', now);
    assert.equal(buckets.get('certificatesPerDomain shop.example'), now + 31 * 24 * hour);
  });
});
