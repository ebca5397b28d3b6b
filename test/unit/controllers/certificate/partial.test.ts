import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Arbitrary, array, boolean, assert as check, constantFrom, property, record } from 'fast-check';
import { type NameProblem, orderedNames } from '../../../../src/controllers/certificate/names.ts';
import type { HostReach, Observed } from '../../../../src/controllers/certificate/observed.ts';
import { plan } from '../../../../src/controllers/certificate/plan.ts';
import { reachOf } from '../../../../src/controllers/certificate/reach/reach.ts';
import {
  ago,
  ahead,
  failing,
  failure,
  held,
  names,
  orderFor,
  reachOfB,
  readyOf,
  refused,
  some,
  statusOf,
  unreached,
  withoutB,
} from './partial-world.ts';
import { archive, fresh, intent, now, order, orderRecord, row } from './world.ts';

describe('an order for some of the names, where there is no certificate yet', () => {
  const cases: readonly (readonly [what: string, seen: Observed, names: readonly string[] | undefined])[] = [
    [
      'is not placed before a name has failed for a minute',
      fresh({ certificate: some(), reach: reachOfB('failed', ago(59)), routedAt: ago(3_600) }),
      undefined,
    ],
    [
      'is not placed before the route is a minute old',
      fresh({ certificate: some(), reach: failing, routedAt: ago(59) }),
      undefined,
    ],
    [
      'leaves out what has failed for a minute, once the status says so',
      fresh({ certificate: some({ status: { problems: [unreached] } }), reach: failing, routedAt: ago(60) }),
      withoutB,
    ],
    [
      'waits for a name of which nothing is known yet',
      fresh({ certificate: some(), reach: reachOfB('unknown') }),
      undefined,
    ],
    [
      'leaves out what was left out before a restart',
      fresh({ certificate: some({ status: { problems: [unreached] } }), reach: reachOfB('unknown') }),
      withoutB,
    ],
    [
      'has every name that leads to us',
      fresh({ certificate: some({ status: { problems: [unreached] } }), reach: reachOfB('reached') }),
      names,
    ],
    [
      'leaves out what the CA refused',
      fresh({ certificate: some({ status: { problems: [refused(ahead(300))] } }), reach: reachOfB('reached') }),
      withoutB,
    ],
    [
      'has it again when its time has come',
      fresh({ certificate: some({ status: { problems: [refused(ago(1))] } }), reach: reachOfB('reached') }),
      names,
    ],
    [
      'has it again after an edit of the spec',
      fresh({
        certificate: some({ generation: 2, status: { problems: [refused(ahead(300))] } }),
        reach: reachOfB('reached'),
      }),
      names,
    ],
    [
      'has it again when a renewal is asked for',
      fresh({
        certificate: some({ renewRequestedAt: ago(1), status: { problems: [refused(ahead(300))] } }),
        reach: reachOfB('reached'),
      }),
      names,
    ],
    [
      'does not wait as long as one that failed: it is another one',
      fresh({
        certificate: some({ status: { problems: [refused(ahead(300))], failure: failure(refused(ahead(300))) } }),
        reach: reachOfB('reached'),
      }),
      withoutB,
    ],
    [
      'waits a minute even so',
      fresh({
        certificate: some({
          status: { problems: [refused(ahead(300), ago(59))], failure: failure(refused(ahead(300), ago(59))) },
        }),
        reach: reachOfB('reached'),
      }),
      undefined,
    ],
    [
      'is not placed where partialIssuance is not asked for',
      fresh({ certificate: some({ spec: row().spec }), reach: failing }),
      undefined,
    ],
    [
      'is placed anew where another set of names was meant before',
      fresh({
        certificate: some(),
        reach: reachOfB('reached'),
        archive: archive({ intent: { ...intent, names: withoutB } }),
      }),
      names,
    ],
  ];
  for (const [what, seen, wanted] of cases) test(what, () => assert.deepEqual(orderFor(plan(seen, now)), wanted));

  test('is told of in the status before anything is done without the name', () => {
    const next = plan(fresh({ certificate: some(), reach: failing, routedAt: ago(60) }), now);
    assert.deepEqual(statusOf(next).problems, [unreached]);
  });

  test('resumes with the names that were meant before a crash', () => {
    const seen = fresh({
      certificate: some({ status: { problems: [unreached] } }),
      reach: failing,
      archive: archive({ intent: { ...intent, names: withoutB } }),
    });
    const next = plan(seen, now);
    assert.equal(next.step, 'placeOrder');
    assert.deepEqual(orderFor(next), withoutB);
  });

  test('is none at all where no name leads to us', () => {
    const hosts = names.map(
      (host): HostReach => ({ host, state: 'failed', problem: 'nothing answers', since: ago(600), retryAt: ahead(1) }),
    );
    const next = plan(fresh({ certificate: some(), reach: reachOf(hosts, now), routedAt: ago(600) }), now);
    assert.equal(readyOf(next)?.reason, 'NotReachable');
    assert.match(readyOf(next)?.message ?? '', /a\.example: nothing answers; b\.example: .*; c\.example/);
  });

  test('that was recorded is gone on with, whatever becomes of its names', () => {
    const certificate = some({
      status: {
        order: { ...orderRecord, identifiers: names.map((value) => ({ type: 'dns', value, state: 'pending' })) },
      },
    });
    const seen = fresh({
      certificate,
      reach: failing,
      archive: archive({ intent: { ...intent, names } }),
      order: order(),
    });
    assert.equal(plan(seen, now).step, 'answer');
  });

  test('is not resumed where some names are no longer enough', () => {
    const certificate = some({ spec: { ...row().spec, dnsNames: names } });
    const seen = fresh({
      certificate,
      reach: reachOfB('reached'),
      archive: archive({ intent: { ...intent, names: withoutB } }),
    });
    assert.deepEqual(orderFor(plan(seen, now)), names);
    assert.equal(plan(seen, now).step, 'storeIntent');
  });
});

describe('whatever is wrong with the names', () => {
  const state = constantFrom<HostReach['state']>('unknown', 'reached', 'failed');
  const problem: Arbitrary<Partial<NameProblem> | undefined> = constantFrom(
    undefined,
    unreached,
    refused(ahead(60)),
    refused(ago(60)),
    { ...unreached, reason: 'Pending' },
  );
  const world = record({
    isPartial: boolean(),
    states: array(state, { minLength: 3, maxLength: 3 }),
    problems: array(problem, { minLength: 3, maxLength: 3 }),
    held: array(constantFrom(...names)),
  });

  test('an order is for one name at least, for none that was not asked for, and for all where some are not enough', () => {
    check(
      property(world, ({ isPartial, states, problems, held: of }) => {
        const hosts = names.map(
          (host, index): HostReach => ({
            host,
            state: states[index] ?? 'unknown',
            problem: 'x',
            since: ago(600),
            retryAt: now,
          }),
        );
        const certificate = some({
          spec: { ...row().spec, partialIssuance: isPartial },
          status: {
            problems: names.flatMap((name, index) =>
              problems[index] === undefined ? [] : [{ ...unreached, ...problems[index], name }],
            ),
          },
        });
        const ordered = orderedNames(
          fresh({ certificate, reach: reachOf(hosts, now), secret: held(of), routedAt: ago(600) }),
          now,
        );
        assert.ok(ordered.length > 0);
        assert.ok(ordered.every((name) => names.includes(name)));
        if (!isPartial) assert.deepEqual(ordered, names);
      }),
    );
  });
});
