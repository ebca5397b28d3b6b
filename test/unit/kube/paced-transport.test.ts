import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { leases, secrets } from '../../../src/kube/index.ts';
import type { Lane } from '../../../src/kube/lanes.ts';
import { type CallReport, paced } from '../../../src/kube/paced-transport.ts';
import type { Answer, Request, Stream } from '../../../src/kube/transport.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import { virtualClock } from '../../kit/clock.ts';

/** A call that reached the API server, which answers when the test says so. */
interface Asked {
  readonly to: Request;
  answer(code: number, retryAfter?: string): void;
  fail(error: Error): void;
}

const ok = 200;
const busy = 429;

function world() {
  const clock = virtualClock();
  const asked: Asked[] = [];
  const reports: CallReport[] = [];
  let closed = false;
  const send = (to: Request): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    asked.push({ to, answer: (code, retryAfter) => resolve({ code, retryAfter, text: '' }), fail: reject });
    return promise;
  };
  const stream = async (to: Request): Promise<Stream> => {
    const answer = await send(to);
    return answer.code === ok ? { bytes: (async function* () {})() } : { answer };
  };
  const close = async (): Promise<void> => {
    closed = true;
  };
  const transport = paced({ send, stream, close }, { clock, onCall: (report) => reports.push(report) });
  /** Makes `count` calls; gives how each ended, as far as it has. */
  const call = (count: number, lane: Lane = 'requests', signal?: AbortSignal): string[] => {
    const ends: string[] = [];
    for (let n = 0; n < count; n += 1) {
      const to = requestIn(lane, `${n}`);
      const calling =
        lane === 'watches' ? transport.stream(to, signal ?? new AbortController().signal) : transport.send(to, signal);
      calling.then(
        () => ends.push('ended'),
        (error: unknown) => ends.push(String(error)),
      );
    }
    return ends;
  };
  /** Answers what is asked, until nothing new is; gives how many were asked at once, each time. */
  const serve = async (code = ok): Promise<number[]> => {
    const rounds: number[] = [];
    for (;;) {
      await clock.settle();
      const round = asked.splice(0);
      if (round.length === 0) return rounds;
      rounds.push(round.length);
      for (const one of round) one.answer(code);
    }
  };
  return { clock, asked, reports, transport, call, serve, isClosed: () => closed };
}

function requestIn(lane: Lane, name: string): Request {
  const resource = lane === 'lease' ? leases : secrets;
  const verb = lane === 'watches' ? 'watch' : lane === 'lists' ? 'list' : 'get';
  return { call: { verb, resource, ref: { name } }, method: 'GET', path: `/${name}`, lane, limitMs: 30_000 };
}

describe('calls to the API server', () => {
  const lanes: readonly (readonly [Lane, number])[] = [
    ['requests', 16],
    ['lists', 4],
    ['watches', 64],
    ['lease', 2],
  ];
  for (const [lane, most] of lanes) {
    test(`run ${most} at once in the lane ${lane}, the others in the order in which they came`, async () => {
      const at = world();
      const ends = at.call(200, lane);
      await at.clock.settle();
      assert.equal(at.asked.length, most);
      at.asked[0]?.answer(ok);
      await at.clock.settle();
      assert.deepEqual([at.asked.length, at.asked.at(-1)?.to.path], [most + 1, `/${most}`]);
      at.asked.splice(0, 1);
      await at.serve();
      assert.deepEqual(
        ends,
        Array.from({ length: 200 }, () => 'ended'),
      );
      assert.equal(at.clock.pending, 0);
    });
  }

  test('of one lane never wait for those of another', async () => {
    const at = world();
    for (const [lane] of lanes) if (lane !== 'lease') at.call(1_000, lane);
    await at.clock.settle();
    const before = at.asked.length;
    at.call(1, 'lease');
    await at.clock.settle();
    assert.equal(at.asked.at(-1)?.to.lane, 'lease');
    assert.equal(at.asked.length, before + 1);
  });

  test('give their place to the next when they fail', async () => {
    const at = world();
    const ends = at.call(17);
    await at.clock.settle();
    at.asked[3]?.fail(new TransientError('reset'));
    await at.clock.settle();
    assert.deepEqual([ends.length, at.asked.length], [1, 17]);
  });

  test('leave the line when they are aborted, and when they waited too long', async () => {
    const at = world();
    at.call(16);
    const abort = new AbortController();
    const aborted = at.call(1, 'requests', abort.signal);
    const patient = at.call(1);
    await at.clock.settle();
    abort.abort(new Error('no longer wanted'));
    await at.clock.settle();
    assert.deepEqual(aborted, ['Error: no longer wanted']);
    await at.clock.advance(30_000);
    assert.deepEqual(patient, ['TransientError: get secrets 0: it was not its turn within 30 s']);
    assert.equal(at.clock.pending, 0);
    await at.serve();
    assert.equal(at.reports.length, 16);
  });

  test('that wait end when the client is closed', async () => {
    const at = world();
    const ends = at.call(17);
    await at.transport.close();
    await at.clock.settle();
    assert.deepEqual(ends, ['TransientError: the client of the API server is closed']);
    assert.deepEqual([at.isClosed(), at.clock.pending], [true, 0]);
  });

  test('are told with how they ended and how long they waited', async () => {
    const at = world();
    at.call(16);
    at.call(1);
    await at.clock.advance(2_000);
    at.asked[0]?.answer(404);
    await at.clock.settle();
    await at.clock.advance(500);
    at.asked[16]?.fail(new TransientError('reset'));
    await at.clock.settle();
    const told = { verb: 'get', resource: 'secrets', lane: 'requests' };
    assert.deepEqual(at.reports, [
      { ...told, code: 404, waitedMs: 0, ms: 2_000 },
      { ...told, code: 'failed', waitedMs: 2_000, ms: 500 },
    ]);
  });
});

describe('an API server that is overloaded', () => {
  for (const code of [429, 503]) {
    test(`and says ${code} with a Retry-After to one call is left alone by all, and then asked by one at first`, async () => {
      const at = world();
      at.call(1);
      await at.clock.settle();
      at.asked.pop()?.answer(code, '3');
      await at.clock.settle();
      const all = [at.call(40), at.call(10, 'lists'), at.call(10, 'watches')];
      await at.clock.advance(2_999);
      assert.equal(at.asked.length, 0);
      await at.clock.advance(1);
      assert.deepEqual(
        at.asked.map(({ to }) => to.lane),
        ['requests', 'lists', 'watches'],
      );
      // Each answer makes room for one more: 1, 2, 4, 8, 16 and 9 requests, beside 1, 2, 4 and 3 of each of the others.
      assert.deepEqual(await at.serve(), [3, 6, 12, 14, 16, 9]);
      assert.deepEqual(
        all.map((ends) => ends.length),
        [40, 10, 10],
      );
      assert.equal(at.clock.pending, 0);
    });
  }

  test('is asked about the Lease all the same', async () => {
    const at = world();
    at.call(1);
    await at.clock.settle();
    at.asked.pop()?.answer(busy, '10');
    await at.clock.settle();
    at.call(1, 'lease');
    await at.clock.settle();
    assert.equal(at.asked.length, 1);
  });

  test('slows nothing down when it says so to a call about the Lease', async () => {
    const at = world();
    at.call(1, 'lease');
    await at.clock.settle();
    at.asked.pop()?.answer(busy, '10');
    await at.clock.settle();
    at.call(16);
    await at.clock.settle();
    assert.equal(at.asked.length, 16);
  });

  test('is left alone again, and longer, when it says so again', async () => {
    const at = world();
    at.call(2);
    await at.clock.settle();
    at.asked.shift()?.answer(busy, '1');
    at.asked.shift()?.answer(busy, '5');
    await at.clock.settle();
    at.call(4);
    await at.clock.advance(4_999);
    assert.equal(at.asked.length, 0);
    await at.clock.advance(1);
    at.asked.shift()?.answer(busy, '2');
    await at.clock.advance(1_999);
    assert.equal(at.asked.length, 0);
    await at.clock.advance(1);
    assert.deepEqual(await at.serve(), [1, 2]);
  });

  test('and says nothing of when to come again slows nobody but that call down', async () => {
    const at = world();
    at.call(1);
    await at.clock.settle();
    at.asked.pop()?.answer(busy);
    await at.clock.settle();
    at.call(16);
    await at.clock.settle();
    assert.equal(at.asked.length, 16);
  });

  test('does not keep calls waiting that cannot wait so long: they hear at once when to come again', async () => {
    const at = world();
    at.call(1);
    await at.clock.settle();
    at.asked.pop()?.answer(busy, '45');
    await at.clock.settle();
    await assert.rejects(
      at.transport.send(requestIn('requests', 'web')),
      (error) => error instanceof TransientError && error.retryAfterMs === 45_000,
    );
  });

  test('stops nobody else for more than a minute, whatever it asks of one call', async () => {
    const at = world();
    at.call(1);
    await at.clock.settle();
    at.asked.pop()?.answer(busy, '86400');
    await at.clock.advance(60_000);
    at.call(1);
    await at.clock.settle();
    assert.equal(at.asked.length, 1);
  });
});
