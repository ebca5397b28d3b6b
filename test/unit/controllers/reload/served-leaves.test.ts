import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Target } from '../../../../src/controllers/reload/observed.ts';
import { ServedLeaves } from '../../../../src/controllers/reload/served-leaves.ts';
import type { TlsAnswer } from '../../../../src/probe/index.ts';
import { type Log, Pool } from '../../../../src/runtime/index.ts';
import { virtualClock } from '../../../kit/clock.ts';
import { issuedAt } from './world.ts';

const target: Target = {
  podUID: 'p',
  startedAt: issuedAt,
  address: '10.0.0.1',
  port: 8443,
  serverName: 'www.example.com',
  secretName: 'web-tls',
  expected: 'new',
  workload: 'Deployment/shop/web',
};

function silent(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const say = (message: string): void => void lines.push(message);
  const log = { lines, debug: say, info: say, warn: say, error: say, child: () => log };
  return log;
}

function leaves(probe: () => Promise<TlsAnswer>) {
  const clock = virtualClock();
  const log = silent();
  const answered: Target[] = [];
  const asked: unknown[] = [];
  const parts = {
    clock,
    log,
    pool: new Pool({ clock, slots: 1, slowSlots: 1, patienceMs: 1_000 }),
    probe: async (...args: unknown[]) => {
      asked.push(args[0]);
      return probe();
    },
  };
  return { clock, log, answered, asked, it: new ServedLeaves(parts, (one) => void answered.push(one)) };
}

describe('served leaves', () => {
  const { signal } = new AbortController();

  test('know nothing before they are asked', () => {
    const { it } = leaves(async () => ({ ok: true, fingerprint: 'new' }));
    assert.deepEqual(it.about(target), { target, answer: undefined, isAsked: false });
  });

  test('keep the answer with its time, and report it', async () => {
    const { it, clock, answered, asked } = leaves(async () => ({ ok: true, fingerprint: 'new' }));
    it.ask(target, signal);
    assert.equal(it.about(target).isAsked, true);
    await clock.settle();
    assert.deepEqual(it.about(target).answer, { at: clock.now(), fingerprint: 'new', misses: 0 });
    assert.equal(it.about(target).isAsked, false);
    assert.deepEqual(answered, [target]);
    assert.deepEqual(asked, [{ address: '10.0.0.1', port: 8443, serverName: 'www.example.com' }]);
  });

  test('ask nothing twice at once', async () => {
    const { it, clock, asked } = leaves(async () => ({ ok: true, fingerprint: 'new' }));
    it.ask(target, signal);
    it.ask(target, signal);
    await clock.settle();
    assert.equal(asked.length, 1);
  });

  test('count the answers in a row that were not the leaf', async () => {
    const answers: TlsAnswer[] = [
      { ok: false, problem: 'nobody answers' },
      { ok: true, fingerprint: 'old' },
      { ok: true, fingerprint: 'new' },
    ];
    const { it, clock } = leaves(async () => answers.shift() ?? { ok: false });
    const misses: unknown[] = [];
    for (let n = 0; n < 3; n += 1) {
      it.ask(target, signal);
      await clock.settle();
      misses.push(it.about(target).answer?.misses);
    }
    assert.deepEqual(misses, [1, 2, 0]);
  });

  test('take an answer to another question for none: another leaf, name, port, or start of the pod', async () => {
    const { it, clock } = leaves(async () => ({ ok: true, fingerprint: 'new' }));
    it.ask(target, signal);
    await clock.settle();
    for (const other of [
      { ...target, expected: 'newer' },
      { ...target, serverName: 'a.example.com' },
      { ...target, port: 443 },
      { ...target, startedAt: new Date(0) },
    ]) {
      assert.equal(it.about(other).answer, undefined);
    }
    assert.notEqual(it.about(target).answer, undefined);
  });

  test('drop an answer that comes after the question has changed', async () => {
    const gate = Promise.withResolvers<TlsAnswer>();
    const { it, clock, answered } = leaves(() => gate.promise);
    it.ask(target, signal);
    it.ask({ ...target, expected: 'newer' }, signal);
    gate.resolve({ ok: true, fingerprint: 'new' });
    await clock.settle();
    assert.deepEqual(
      answered.map(({ expected }) => expected),
      ['newer'],
    );
    assert.equal(it.about({ ...target, expected: 'newer' }).answer?.misses, 1);
  });

  test('forget a pod that is gone, and the answer that comes for it', async () => {
    const { it, clock, answered } = leaves(async () => ({ ok: true, fingerprint: 'new' }));
    it.ask(target, signal);
    it.forget('p');
    await clock.settle();
    assert.equal(it.about(target).answer, undefined);
    assert.deepEqual(answered, []);
  });

  test('take a probe that breaks for one without an answer, and say so', async () => {
    const { it, clock, log } = leaves(() => Promise.reject(new Error('broken')));
    it.ask(target, signal);
    await clock.settle();
    assert.equal(it.about(target).answer?.problem, 'the probe failed');
    assert.deepEqual(log.lines, ['probe failed unexpectedly']);
  });

  test('report nothing and log nothing once aborted', async () => {
    const abort = new AbortController();
    const { it, clock, answered, log } = leaves(() => Promise.reject(new Error('aborted')));
    it.ask(target, abort.signal);
    abort.abort();
    await clock.settle();
    assert.deepEqual([answered, log.lines], [[], []]);
  });
});
