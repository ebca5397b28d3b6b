import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NameProblem } from '../../../../src/controllers/certificate/names.ts';
import type { Observed } from '../../../../src/controllers/certificate/observed.ts';
import { plan } from '../../../../src/controllers/certificate/plan.ts';
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
import { archive, at, fresh, intent, now, order, orderRecord } from './world.ts';

describe('a certificate for some of the names', () => {
  const left = (reach: Observed['reach'], problem: NameProblem, issuedAt?: Date) =>
    fresh({
      certificate: some({ status: { problems: [problem], revision: 1 } }),
      reach,
      secret: held(withoutB, issuedAt),
    });

  test('is Ready, and says what it is without and why', () => {
    const status = statusOf(plan(left(failing, unreached), now));
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    assert.deepEqual([ready?.status, ready?.reason], ['True', 'IssuedPartially']);
    assert.match(ready?.message ?? '', /for 2 of 3 names\. Left out: http:\/\/b\.example answered 404\./);
    assert.deepEqual(status.problems, [unreached]);
  });

  test('stays as it is while the name fails, also right after a restart', () => {
    for (const reach of [failing, reachOfB('unknown')]) {
      const next = plan(left(reach, unreached), now);
      assert.equal(readyOf(next)?.status, 'True');
      const certificate = some({ status: statusOf(next) });
      assert.equal(plan({ ...left(reach, unreached), certificate }, now).step, 'rest');
    }
  });

  test('stays for ten minutes where the name comes back, and says that it is next', () => {
    const next = plan(left(reachOfB('reached'), unreached, ago(60)), now);
    assert.equal(statusOf(next).problems?.[0]?.reason, 'Pending');
    const settled = plan(
      { ...left(reachOfB('reached'), unreached, ago(60)), certificate: some({ status: statusOf(next) }) },
      now,
    );
    assert.deepEqual(settled, { step: 'rest', until: ahead(60) }); // when the name is probed next, ere the ten minutes are over
  });

  test('is replaced by one for all of them after that, for a cause of its own', () => {
    const seen = {
      ...left(reachOfB('reached'), unreached),
      archive: archive({ intent: { ...intent, revision: 2, names } }),
    };
    const next = plan(seen, now);
    assert.equal(next.step === 'placeOrder' && next.cause.cause, 'NamesLeftOut');
  });

  test('is replaced at once where a renewal is asked for', () => {
    const seen = left(reachOfB('reached'), unreached, ago(60));
    assert.deepEqual(
      orderFor(plan({ ...seen, certificate: { ...seen.certificate, renewRequestedAt: ago(1) } }, now)),
      names,
    );
  });

  test('is tried again when the time of a name that the CA refused has come, and not before', () => {
    assert.equal(orderFor(plan(left(reachOfB('reached'), refused(ahead(1))), now)), undefined);
    assert.deepEqual(orderFor(plan(left(reachOfB('reached'), refused(now)), now)), names);
    assert.equal(orderFor(plan(left(failing, refused(now)), now)), undefined);
  });

  test('keeps a back-off of its own for such a name, a step slower than the whole', () => {
    const again = { ...refused(now), lastTime: ago(600).toISOString() };
    const certificate = some({ status: { problems: [again], order: { ...orderRecord, revision: 2 } } });
    const invalid = order({ state: 'invalid', refused: [{ name: 'b.example', problem: 'no (caa)' }] });
    const seen = fresh({
      certificate,
      secret: held(withoutB),
      archive: archive({ intent: { ...intent, revision: 2, names } }),
      order: invalid,
    });
    const [problem] = statusOf(plan(seen, now)).problems ?? [];
    assert.equal(problem?.count, 2);
    const wait = (new Date(problem?.nextAttemptTime ?? 0).getTime() - now.getTime()) / 60_000;
    assert.ok(wait > 89 && wait < 111, String(wait));
  });

  test('is not enough for a name that was just added, until that has failed for a minute', () => {
    const certificate = some({ status: { problems: [] }, generation: 2 });
    const young = fresh({
      certificate,
      secret: held(withoutB),
      reach: reachOfB('failed', ago(30)),
      routedAt: ago(3_600),
    });
    assert.equal(readyOf(plan(young, now))?.status, 'False');
    const told = statusOf(plan({ ...young, reach: failing }, now));
    assert.deepEqual(told.problems, [unreached]);
    const settled = plan({ ...young, reach: failing, certificate: some({ status: told, generation: 2 }) }, now);
    assert.equal(readyOf(settled)?.status, 'True');
  });

  test('that has come to have all names has nothing left to tell, also where they are not probed again yet', () => {
    const pending: NameProblem = { ...unreached, reason: 'Pending' };
    const seen = { ...left(reachOfB('unknown'), pending), secret: held(names) };
    assert.equal(statusOf(plan(seen, now)).problems, undefined);
  });

  test('loses a name that the spec has lost', () => {
    const seen = fresh({
      certificate: some({ status: { problems: [unreached] } }),
      reach: failing,
      secret: held(['a.example', 'c.example', 'old.example']),
    });
    assert.deepEqual(orderFor(plan(seen, now)), withoutB);
  });
});

describe('the renewal of a certificate that has a name that fails now', () => {
  const due = fresh({ certificate: some({ status: { problems: [unreached] } }), reach: failing, secret: held(names) });
  const seenAt = (when: Date): Observed => ({
    ...due,
    reach: { ...failing, retryAt: new Date(when.getTime() + 60_000) },
  });

  test('waits for the name: the certificate in use has it', () => {
    const next = plan(seenAt(at('2026-07-10T00:00:00Z')), at('2026-07-10T00:00:00Z'));
    assert.equal(orderFor(next), undefined);
    assert.equal(readyOf(next)?.reason, 'Issued');
  });

  test('is made without it when a twentieth of the lifetime is left', () => {
    const next = plan(seenAt(at('2026-07-25T13:00:00Z')), at('2026-07-25T13:00:00Z'));
    assert.deepEqual(orderFor(next), withoutB);
  });

  test('is made without what the CA refuses then, whatever the back-off says', () => {
    const when = at('2026-07-26T00:00:00Z');
    const problem = refused(at('2026-07-26T20:00:00Z'), at('2026-07-25T20:00:00Z'));
    const status = { problems: [problem], failure: { ...failure(problem), nextAttemptTime: '2026-07-26T20:00:00Z' } };
    const seen = { ...seenAt(when), certificate: some({ status }), reach: reachOfB('reached') };
    assert.deepEqual(orderFor(plan(seen, when)), withoutB);
  });
});
