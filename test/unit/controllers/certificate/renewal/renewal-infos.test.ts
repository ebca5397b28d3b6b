import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AcmeError, type RenewalInfo } from '../../../../../src/acme/index.ts';
import { RenewalInfos } from '../../../../../src/controllers/certificate/renewal/renewal-infos.ts';
import { suggestionRecord } from '../../../../../src/controllers/certificate/renewal/suggestions.ts';
import { TransientError } from '../../../../../src/runtime/index.ts';
import { virtualClock } from '../../../../kit/clock.ts';
import { recordedLog } from '../../../../kit/log.ts';
import { at, row } from '../world.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const leaf = 'aa11bb22cc33';
const window = { start: at('2026-07-10T00:00:00Z'), end: at('2026-07-12T00:00:00Z') };
const suggested = { ...window, immediate: false };

type Answer = RenewalInfo | Error | undefined;

/** A CA that answers as told, and what is asked of it. */
function world(answer: () => Answer | Promise<Answer> = () => ({ ...window, retryAfterMs: 6 * hourMs })) {
  const clock = virtualClock();
  const log = recordedLog();
  const asked: number[] = [];
  const promised: (readonly [key: string, ms: number])[] = [];
  const infos = new RenewalInfos({ clock, log, promise: (key, ms) => promised.push([key, ms]) });
  const client = {
    async renewalInfo() {
      asked.push(clock.monotonicMs());
      const told = await answer();
      if (told instanceof Error) throw told;
      return told;
    },
  };
  const { signal } = new AbortController();
  const recorded = row({ status: { fingerprint: leaf, renewal: suggestionRecord(suggested) } });
  const look = (certificate = recorded, fingerprint = leaf) =>
    infos.look({ certificate, certID: 'ari.01', fingerprint, client }, signal);
  /** Looks again whenever that was promised, as the queue would have it. */
  async function follow(ms: number, certificate = recorded): Promise<readonly number[]> {
    const until = clock.monotonicMs() + ms;
    for (;;) {
      const { nextAt } = look(certificate);
      await clock.settle();
      const [, promise] = promised.splice(0).at(-1) ?? ['', nextAt.getTime() - clock.now().getTime()];
      if (clock.monotonicMs() + promise > until) return asked;
      await clock.advance(Math.max(promise, 1));
    }
  }
  return { clock, log, asked, promised, infos, client, signal, recorded, look, follow };
}

describe('a CA is asked when to renew', () => {
  test('as often as it says, and every six hours where it does not', async () => {
    const often = world(() => ({ ...window, retryAfterMs: 10 * minuteMs }));
    assert.equal((await often.follow(hourMs - 1)).length, 6);
    const silent = world(() => window);
    assert.equal((await silent.follow(dayMs - 1)).length, 4);
  });

  test('every six hours where it has nothing to say', async () => {
    const { follow, infos, recorded } = world(() => undefined);
    assert.equal((await follow(dayMs - 1)).length, 4);
    assert.deepEqual(infos.suggested(recorded, leaf), suggested, 'what is known stays');
  });

  test('once, however often it is looked at meanwhile', async () => {
    const { clock, asked, look } = world();
    for (let pass = 0; pass < 5; pass += 1) look();
    await clock.settle();
    look();
    assert.equal(asked.length, 1);
  });

  test('again soon after an error that may pass, then every six hours', async () => {
    for (const error of [new TransientError('no answer'), new AcmeError({ type: 'serverInternal', detail: 'sorry' })]) {
      const { follow } = world(() => error);
      const times = await follow(dayMs);
      const waits = times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) / minuteMs));
      assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 360, 360, 360]);
    }
  });

  test('after an error that will not pass every six hours, and after a word of its own not before', async () => {
    const unknown = world(() => new AcmeError({ type: 'malformed', detail: 'no such certificate', status: 404 }));
    assert.equal((await unknown.follow(dayMs - 1)).length, 4);
    const busy = world(() => new AcmeError({ type: 'rateLimited', detail: 'busy' }, 5 * hourMs));
    assert.equal((await busy.follow(5 * hourMs - 1)).length, 1);
    const hostile = world(() => new TransientError('later', { retryAfterMs: 3_650 * dayMs }));
    assert.equal((await hostile.follow(dayMs + minuteMs)).length, 2);
  });

  test('anew of a certificate that replaces another', async () => {
    const { clock, asked, infos, look, recorded } = world();
    look();
    await clock.settle();
    assert.equal(infos.suggested(recorded, 'ffff00001111'), undefined);
    look(recorded, 'ffff00001111');
    assert.equal(asked.length, 2);
  });

  test('anew where the Certificate was forgotten', async () => {
    const { clock, asked, infos, look } = world();
    look();
    await clock.settle();
    infos.forget('web/shop');
    look();
    assert.equal(asked.length, 2);
  });

  test('by an operator that was started anew, without a write: the status holds what it said', async () => {
    const { clock, infos, look, promised, recorded } = world();
    assert.deepEqual(infos.suggested(recorded, leaf), suggested);
    look();
    await clock.settle();
    assert.deepEqual(infos.suggested(recorded, leaf), suggested);
    assert.deepEqual(promised, [['web/shop', 6 * hourMs]], 'nobody is woken before it is asked again');
  });

  test('with an error of ours in the log, and no end of it', async () => {
    const { follow, log } = world(() => new TypeError('a bug'));
    assert.ok((await follow(dayMs)).length > 6);
    assert.equal(log.lines[0]?.level, 'error');
  });
});

describe('what the CA says', () => {
  test('of a certificate that no status tells of is waited for, two seconds or three', async () => {
    const { promise: answer, resolve } = Promise.withResolvers<Answer>();
    const { clock, infos, look, promised } = world(() => answer);
    const unrecorded = row();
    const first = look(unrecorded);
    assert.equal(first.awaited, true);
    assert.ok(first.nextAt.getTime() - clock.now().getTime() <= 3_000);
    await clock.advance(3_000);
    assert.equal(look(unrecorded).awaited, false);
    resolve(window);
    await clock.settle();
    assert.deepEqual(promised, [['web/shop', 0]]);
    assert.deepEqual(infos.suggested(unrecorded, leaf), suggested);
  });

  test('wakes whoever it is new to, and is remembered until the status tells of it', async () => {
    const moved = { start: at('2026-07-01T00:00:00Z'), end: at('2026-07-02T00:00:00Z') };
    const { clock, infos, look, promised, recorded } = world(() => ({
      ...moved,
      explanationURL: 'https://ca.test/why',
    }));
    look();
    await clock.settle();
    const told = { ...moved, immediate: false, explanationURL: 'https://ca.test/why' };
    assert.deepEqual(promised, [['web/shop', 0]]);
    assert.deepEqual(infos.suggested(recorded, leaf), told);
    const written = row({ status: { fingerprint: leaf, renewal: suggestionRecord(told) } });
    assert.deepEqual(infos.suggested(written, leaf), told);
    assert.deepEqual(infos.suggested(recorded, leaf), suggested, 'from then on the status has the word');
  });

  test('about a window that has passed is that it wants a renewal at once, also where it moves on with each answer', async () => {
    let hours = 0;
    const { clock, infos, look, recorded, promised } = world(() => {
      hours += 1;
      const end = at('2026-05-31T00:00:00Z').getTime() + hours * hourMs;
      return { start: new Date(end - 30 * minuteMs), end: new Date(end), retryAfterMs: hourMs };
    });
    look();
    await clock.settle();
    const told = infos.suggested(recorded, leaf);
    assert.equal(told?.immediate, true);
    const written = row({ status: { fingerprint: leaf, renewal: suggestionRecord(told) } });
    promised.length = 0;
    await clock.advance(hourMs);
    look(written);
    await clock.settle();
    assert.equal(hours, 2);
    assert.deepEqual(infos.suggested(written, leaf), told, 'nothing new, so nothing to write');
    assert.deepEqual(promised, [['web/shop', hourMs]]);
  });

  test('is passed over where it lies beyond all sense', async () => {
    for (const [start, end] of [
      ['0001-01-01T00:00:00Z', '0001-01-02T00:00:00Z'],
      ['9999-12-31T00:00:00Z', '9999-12-31T23:59:59Z'],
    ] as const) {
      const { clock, infos, look, recorded } = world(() => ({ start: at(start), end: at(end) }));
      look();
      await clock.settle();
      assert.deepEqual(infos.suggested(recorded, leaf), suggested);
    }
  });
});

describe('a fleet', () => {
  test('is asked about no faster than 50 in a second, in its turns, and never 101 at once', async () => {
    const { promise: answer, resolve } = Promise.withResolvers<Answer>();
    const { clock, asked, infos, client, signal } = world(() => answer);
    const due = new Map(Array.from({ length: 1_000 }, (_, one) => [`web/${one}`, 0]));
    const pass = (): void => {
      for (const [key, time] of due) {
        if (time > clock.monotonicMs()) continue;
        const certificate = row({ key, status: { fingerprint: leaf } });
        const { nextAt } = infos.look({ certificate, certID: key, fingerprint: leaf, client }, signal);
        due.set(key, clock.monotonicMs() + nextAt.getTime() - clock.now().getTime());
      }
    };
    for (let second = 0; second < 5; second += 1) {
      pass();
      await clock.advance(1_000);
    }
    assert.equal(asked.length, 100, 'a CA that swallows requests holds a hundred of them');
    resolve(window);
    for (let second = 5; second < 60; second += 1) {
      pass();
      await clock.advance(1_000);
    }
    assert.equal(asked.length, 1_000);
    const perSecond = Map.groupBy(asked, (time) => Math.floor(time / 1_000));
    for (const [second, all] of perSecond) assert.ok(all.length <= 100, `${all.length} in second ${second}`);
  });

  test('of another issuer does not wait for it', async () => {
    const { asked, infos, client, signal } = world(() => new Promise<Answer>(() => {}));
    const ask = (key: string, issuerKey: string): void => {
      const certificate = row({ key, issuerKey, status: { fingerprint: leaf } });
      infos.look({ certificate, certID: key, fingerprint: leaf, client }, signal);
    };
    for (let one = 0; one < 200; one += 1) ask(`web/${one}`, 'ClusterIssuer/slow');
    const before = asked.length;
    ask('web/other', 'ClusterIssuer/quick');
    assert.equal(asked.length, before + 1);
  });

  test('that was just issued is asked about at once', () => {
    const { asked, infos, client, signal } = world();
    for (let one = 0; one < 90; one += 1) {
      infos.issued({ certificate: row({ key: `web/${one}` }), certID: `${one}`, fingerprint: leaf, client }, signal);
    }
    assert.equal(asked.length, 90);
  });
});
