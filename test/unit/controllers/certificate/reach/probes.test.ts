import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Probes, type Target } from '../../../../../src/controllers/certificate/reach/probes.ts';
import type { HttpAnswer } from '../../../../../src/probe/index.ts';
import { Pool, sleep } from '../../../../../src/runtime/index.ts';
import { virtualClock } from '../../../../kit/clock.ts';

const target: Target = { host: 'shop.example', path: '/p', expect: 'id' };
const fresh = { maxAgeMs: 60_000, retryCapMs: 30_000 };

function world(answers: HttpAnswer[]) {
  const clock = virtualClock();
  const woken: string[] = [];
  let asked = 0;
  const probe = async (): Promise<HttpAnswer> => {
    asked += 1;
    return answers.shift() ?? { ok: true };
  };
  const probes = new Probes({
    clock,
    pool: new Pool({ clock, slots: 4, slowSlots: 1, patienceMs: 1_000 }),
    probe,
    wake: (asker) => woken.push(asker),
  });
  return { clock, probes, woken, count: () => asked };
}

const refused: HttpAnswer = { ok: false, problem: 'connection refused' };

describe('probes', () => {
  test('a first look is unknown; whoever asked is woken and then sees the answer', async () => {
    const { probes, clock, woken } = world([{ ok: true }]);
    assert.equal(probes.reach('web/shop', [target], fresh).state, 'unknown');
    await clock.settle();
    assert.deepEqual(woken, ['web/shop']);
    assert.equal(probes.reach('web/shop', [target], fresh).state, 'reached');
  });

  test('a fresh answer is not asked for again, a stale one is', async () => {
    const { probes, clock, count } = world([]);
    probes.reach('a', [target], fresh);
    await clock.settle();
    await clock.advance(59_000);
    probes.reach('a', [target], fresh);
    assert.equal(count(), 1);
    await clock.advance(2_000);
    assert.equal(probes.reach('a', [target], fresh).state, 'unknown');
    await clock.settle();
    assert.equal(count(), 2);
  });

  test('one failure is no finding, three in a row are, with the problem and since when', async () => {
    const { probes, clock } = world(Array.from({ length: 10 }, () => refused));
    const started = clock.now();
    for (const state of ['unknown', 'unknown', 'unknown', 'failed']) {
      const reach = probes.reach('a', [target], fresh);
      assert.equal(reach.state, state);
      await clock.settle();
      await clock.advance(1_000);
    }
    const reach = probes.reach('a', [target], fresh);
    assert.deepEqual(reach.problems, [{ host: 'shop.example', problem: 'connection refused' }]);
    assert.deepEqual(reach.since, started);
    await clock.settle();
  });

  test('a finding of long ago is none any more, and an answer is as old as its question', async () => {
    const clock = virtualClock();
    let heardAfterMs = 0;
    const probe = async (): Promise<HttpAnswer> => {
      clock.freeze(heardAfterMs);
      return refused;
    };
    const pool = new Pool({ clock, slots: 4, slowSlots: 1, patienceMs: 1_000 });
    const probes = new Probes({ clock, pool, probe, wake: () => {} });
    const look = async () => {
      const { state } = probes.reach('a', [target], fresh);
      await clock.settle();
      return state;
    };
    for (let failures = 0; failures < 3; failures += 1) {
      await look();
      await clock.advance(1_000);
    }
    assert.equal(await look(), 'failed');
    heardAfterMs = 3_600_000;
    await clock.advance(60_000);
    await look();
    assert.equal(await look(), 'unknown');
  });

  test('waits longer the longer it fails, up to the cap', async () => {
    const { probes, clock } = world(Array.from({ length: 40 }, () => refused));
    let longest = 0;
    for (let failures = 0; failures < 40; failures += 1) {
      probes.reach('a', [target], fresh);
      await clock.settle();
      const next = probes.reach('a', [target], fresh).retryAt.getTime() - clock.now().getTime();
      assert.ok(next >= longest);
      longest = next;
      await clock.advance(next);
    }
    assert.equal(longest, 30_000);
    await clock.settle();
  });

  test('a route that takes its time is seen live at most a quarter of that time later', async () => {
    const slowMs = 37_000; // as a hundred new Ingresses at once take behind Traefik
    const clock = virtualClock();
    const started = clock.now().getTime();
    const liveAt = started + slowMs;
    const probe = async (): Promise<HttpAnswer> => (clock.now().getTime() < liveAt ? refused : { ok: true });
    const probes = new Probes({
      clock,
      pool: new Pool({ clock, slots: 4, slowSlots: 1, patienceMs: 1_000 }),
      probe,
      wake: () => {},
    });
    for (;;) {
      probes.reach('a', [target], fresh);
      await clock.settle();
      const { state, retryAt } = probes.reach('a', [target], fresh);
      if (state === 'reached') break;
      await clock.advance(retryAt.getTime() - clock.now().getTime());
    }
    assert.ok(clock.now().getTime() <= started + slowMs * 1.25 + 100);
  });

  test('whoever asked for a hundred targets is woken once when all have answered, and by each failure', async () => {
    const clock = virtualClock();
    const woken: string[] = [];
    const probe = async ({ host }: Target): Promise<HttpAnswer> => {
      await sleep(clock, host === 'slow.example' ? 900 : 100);
      return host.startsWith('bad') ? refused : { ok: true };
    };
    const pool = new Pool({ clock, slots: 200, slowSlots: 1, patienceMs: 1_000 });
    const probes = new Probes({ clock, pool, probe, wake: (asker) => woken.push(asker) });
    const targets = Array.from({ length: 99 }, (_, number) => ({ ...target, host: `n${number}.example` }));
    probes.reach('web/many', [...targets, { ...target, host: 'slow.example' }], fresh);
    probes.reach('web/some', [...targets.slice(0, 9), { ...target, host: 'bad.example' }], fresh);
    await clock.advance(100);
    assert.deepEqual(woken, ['web/some']);
    assert.equal(probes.reach('web/many', targets, fresh).state, 'reached');
    await clock.advance(800);
    assert.deepEqual(woken, ['web/some', 'web/many']);
  });

  test('every target has to be reached', async () => {
    const { probes, clock } = world([{ ok: true }, refused]);
    const targets = [target, { ...target, host: 'www.shop.example' }];
    probes.reach('a', targets, fresh);
    await clock.settle();
    assert.equal(probes.reach('a', targets, fresh).state, 'unknown');
  });

  test('a probe that throws is a failed probe', async () => {
    const clock = virtualClock();
    const probe = async (): Promise<HttpAnswer> => {
      throw new Error('boom');
    };
    const probes = new Probes({
      clock,
      pool: new Pool({ clock, slots: 1, slowSlots: 1, patienceMs: 1_000 }),
      probe,
      wake: () => {},
    });
    for (let failures = 0; failures < 4; failures += 1) {
      probes.reach('a', [target], fresh);
      await clock.settle();
      await clock.advance(1_000);
    }
    assert.match(probes.reach('a', [target], fresh).problems[0]?.problem ?? '', /boom/);
    await clock.settle();
  });
});
