import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { certificates } from '../../../src/api/index.ts';
import { deployments, type KubeObject, type Resource } from '../../../src/kube/index.ts';
import { changesOf } from '../../chaos/sweep/end-state.ts';
import { scenarios } from '../../chaos/sweep/scenarios.ts';
import type { Outcome } from '../../chaos/sweep/trial.ts';
import { violationsOf } from '../../chaos/sweep/violations.ts';

const shop = { name: 'shop-3', secretName: 'shop-3-tls', hosts: ['a.test', 'b.test', 'c.test'] } as const;

function commits({ plural, kind }: Resource, ...versions: readonly (Partial<KubeObject> & { status?: object })[]) {
  const objects = versions.map((version) => ({ apiVersion: 'v1', kind, metadata: { name: 'shop-3' }, ...version }));
  return objects.map((after, revision) => ({
    revision,
    plural,
    key: 'web/shop-3',
    before: objects[revision - 1],
    after,
  }));
}

describe('the changes of a run', () => {
  test('are counted by object, whatever it is called', () => {
    const changes = changesOf(shop, commits(certificates, {}, {}, {}));
    assert.deepEqual(
      [...changes],
      [
        ['certificates shop created', 1],
        ['certificates shop updated', 2],
      ],
    );
  });

  test('leave out how long a route took', () => {
    const unreached = { status: { conditions: [{ type: 'Reachable', status: 'False' }] } };
    assert.deepEqual([...changesOf(shop, commits(certificates, {}, unreached))], [['certificates shop created', 1]]);
  });

  test('are those of the specification of a Deployment', () => {
    const of = (generation: number) => ({ metadata: { name: 'shop-3', generation } });
    const changes = changesOf(shop, commits(deployments, of(1), of(1), of(2)));
    assert.deepEqual(
      [...changes],
      [
        ['deployments shop created', 1],
        ['deployments shop updated', 1],
      ],
    );
  });
});

describe('a run is violated', () => {
  const renewal = scenarios['renewal'];
  const sound: Outcome = {
    points: [],
    crashed: true,
    end: new Map([['secrets shop-tls', 'revision 2']]),
    changes: new Map([['secrets shop-tls updated', 1]]),
    orders: 1,
    orphans: 0,
    allowedOrphans: 0,
    certificates: 1,
    log: [],
    broken: [],
  };
  const violations = (change: Partial<Outcome>): string => {
    assert.ok(renewal);
    return violationsOf({ ...sound, ...change }, sound, renewal).join('; ');
  };

  test('never by what the undisturbed one is too, with one order more where a crash came before its record', () => {
    assert.equal(violations({}), '');
    assert.equal(violations({ orders: 2, orphans: 1, allowedOrphans: 1 }), '');
    assert.equal(violations({ changes: new Map() }), '');
  });

  for (const [what, change, said] of [
    ['another end', { end: new Map() }, /ends as nothing, undisturbed as revision 2/],
    ['a repeated write', { changes: new Map([['secrets shop-tls updated', 2]]) }, /2 times, undisturbed 1/],
    ['an orphan too many', { orders: 2, orphans: 1 }, /1 orders were orphaned, 0 may be/],
    ['an order too many', { orders: 2 }, /2 orders were placed, 1 may be/],
    ['a second certificate', { certificates: 2 }, /2 certificates were issued, 1 may be/],
    ['what was broken on its way', { broken: ['Ready is taken back'] }, /taken back/],
  ] satisfies [string, Partial<Outcome>, RegExp][]) {
    test(`by ${what}`, () => assert.match(violations(change), said));
  }
});
