import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { certificates, group } from '../../../src/api/index.ts';
import { type CertificateRow, projectCertificate } from '../../../src/controllers/certificate-row.ts';
import { type CaOptions, strict } from '../ca/index.ts';
import { clusterIssuer, furniture } from '../world/objects.ts';
import { World } from '../world/world.ts';

const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;

const size = 150;
/** The CA wants to be asked every five minutes when to renew. */
const ca: CaOptions = { ...strict, renewalInfoRetryAfterMs: 5 * minute };
const ordersPerSecond = 1;

describe('a fleet that a CA asks to renew at once, because it is going to revoke it', () => {
  const world = new World({ ca });
  const moved = { atMs: 0, orders: 0 };
  /** When each order was placed, each question asked, and each write made, on the monotonic clock. */
  const times = { newOrder: [] as number[], renewalInfo: [] as number[], writes: [] as number[] };
  const notReady = new Set<string>();

  const fleet = (): readonly CertificateRow[] => world.truth.list(certificates).map((one) => projectCertificate(one));

  before(async () => {
    const rateLimits = { newOrders: { count: ordersPerSecond, period: '1s' } };
    for (const [resource, object] of [...furniture, clusterIssuer('ca', { rateLimits })])
      await world.apply(resource, object);
    await world.settle();
    for (let one = 0; one < size; one += 1) {
      const spec = {
        secretName: `shop-${one}-tls`,
        dnsNames: [`shop-${one}.example`],
        issuerRef: { name: 'ca', kind: 'ClusterIssuer' },
      };
      const metadata = { namespace: 'web', name: `shop-${one}` };
      await world.apply(certificates, { apiVersion: `${group}/v1`, kind: 'Certificate', metadata, spec });
    }
    world.start();
    await world.advance(10 * minute);
    assert.ok(fleet().every(({ ready, status }) => ready === 'True' && status.renewal !== undefined));

    world.clock.setWall(new Date(world.clock.now().getTime() + 10 * day));
    await world.advance(6 * minute);
    world.truth.onCommit(({ by, plural, after }) => {
      if (by.startsWith('operator')) times.writes.push(world.clock.monotonicMs());
      if (plural !== certificates.plural || after === undefined) return;
      const row = projectCertificate(after);
      if (row.ready !== 'True') notReady.add(row.name);
    });
    world.onCall = (name, when) => {
      if (when === 'arrives' && (name === 'newOrder' || name === 'renewalInfo')) {
        times[name].push(world.clock.monotonicMs());
      }
    };
    const end = new Date(world.clock.now().getTime() - 30 * minute);
    const window = { start: new Date(end.getTime() - 30 * minute), end, explanationURL: 'https://ca.test/incident' };
    for (const { certID } of world.ca.certificates) world.ca.setRenewalWindow(certID, window);
    moved.atMs = world.clock.monotonicMs();
    moved.orders = world.ca.orders.length;
    await world.advance(10 * minute);
  });

  test('is replaced within ten minutes, each certificate once, and none fails or is not ready meanwhile', () => {
    assert.equal(world.ca.orders.length - moved.orders, size);
    assert.deepEqual(new Set(fleet().map(({ status }) => status.revision)), new Set([2]));
    assert.deepEqual([...notReady], []);
    assert.ok(fleet().every(({ status }) => status.failure === undefined && status.renewal?.immediate === undefined));
    assert.equal(world.ca.failedValidations.length, 0);
    assert.deepEqual(
      world.log.lines.filter(({ level }) => level === 'error'),
      [],
    );
  });

  test('orders at the pace that its issuer allows, from the first question on', () => {
    const [first = 0, last = 0] = [times.newOrder[0], times.newOrder.at(-1)];
    assert.ok(first - moved.atMs <= 5 * minute + 10 * second, `${first - moved.atMs} ms until the first`);
    assert.ok(last - first >= ((size - 2) / ordersPerSecond) * second);
    const perSecond = Map.groupBy(times.newOrder, (at) => Math.floor(at / (10 * second)));
    for (const [, orders] of perSecond)
      assert.ok(orders.length <= 10 * ordersPerSecond + 1, `${orders.length} in 10 s`);
  });

  test('is then at rest: the CA is asked as often as it says, and nothing is written; a restart asks it once more', async () => {
    const marks = { writes: times.writes.length, polls: times.renewalInfo.length, orders: world.ca.orders.length };
    await world.advance(30 * minute);
    const polls = times.renewalInfo.length - marks.polls;
    assert.ok(polls >= 5 * size && polls <= 6 * size, `${polls} questions`);
    world.killAll();
    world.start();
    await world.advance(minute);
    assert.equal(times.renewalInfo.length - marks.polls - polls, size);
    assert.equal(times.writes.length, marks.writes);
    assert.equal(world.ca.orders.length, marks.orders);
    world.close();
  });
});
