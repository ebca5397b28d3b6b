import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventOutcome } from '../../../src/kube/events.ts';
import {
  type EventNote,
  type EventRecorder,
  eventRecorder,
  type KubeObject,
  type Ref,
} from '../../../src/kube/index.ts';
import { ConflictError, TerminalError, TransientError } from '../../../src/runtime/index.ts';
import { virtualClock } from '../../kit/clock.ts';
import { recordedLog } from '../../kit/log.ts';

interface Series {
  readonly count: number;
  readonly lastObservedTime: string;
}

type Sent = KubeObject & {
  note: string;
  eventTime: string;
  reportingController: string;
  regarding: { uid: string };
  series?: Series;
};

/** A series that was told of an Event that is there. */
interface Repeats {
  readonly name: string;
  readonly series: Series;
}

function note(change: { uid?: string; text?: string; namespace?: string } = {}): EventNote<'Issued'> {
  const { uid = 'one', text = 'issued', namespace = 'default' } = change;
  return {
    regarding: { apiVersion: 'evercert.dev/v1', kind: 'Certificate', namespace, name: 'web', uid },
    type: 'Normal',
    reason: 'Issued',
    action: 'Issue',
    note: text,
  };
}

type Answer<T> = (asked: T) => void | Promise<void>;

function world(answer: Answer<Sent> = () => undefined, answerRepeats: Answer<Repeats> = () => undefined) {
  const clock = virtualClock();
  const log = recordedLog();
  const outcomes: EventOutcome[] = [];
  const sent: Sent[] = [];
  const create = async <T extends KubeObject>(_resource: unknown, object: KubeObject): Promise<T> => {
    const event = object as Sent;
    sent.push(event);
    await answer(event);
    return object as T;
  };
  const repeats: Repeats[] = [];
  const patch = async <T extends KubeObject>(_resource: unknown, { name }: Ref, change: object): Promise<T> => {
    const told: Repeats = { name, ...(change as { series: Series }) };
    repeats.push(told);
    await answerRepeats(told);
    return sent[0] as KubeObject as T;
  };
  const recorder: EventRecorder<'Issued'> = eventRecorder({
    client: { create, patch },
    clock,
    log,
    controller: 'evercert.dev/operator',
    instance: 'pod-1',
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  return { clock, log, sent, repeats, outcomes, recorder };
}

describe('the event recorder', () => {
  test('sends a note with all that the API demands', async () => {
    const { sent, outcomes, recorder } = world();
    recorder.publish(note());
    await recorder.flush();
    assert.deepEqual(outcomes, ['made']);
    const [event] = sent;
    assert.match(event?.metadata.name ?? '', /^web\.[0-9a-f]{16}$/);
    assert.equal(event?.metadata.namespace, 'default');
    assert.equal(event.eventTime, '2026-06-01T00:00:00.000000Z');
    assert.equal(event.reportingController, 'evercert.dev/operator');
  });

  test('tells the first repeat of a note at once, as the series of its Event', async () => {
    const { clock, sent, repeats, outcomes, recorder } = world();
    recorder.publish(note());
    await clock.advance(5_000);
    recorder.publish(note());
    await clock.settle();
    assert.deepEqual(outcomes, ['made', 'counted']);
    assert.equal(sent.length, 1);
    assert.equal(sent[0]?.series, undefined);
    assert.deepEqual(repeats, [
      { name: sent[0]?.metadata.name, series: { count: 2, lastObservedTime: '2026-06-01T00:00:05.000000Z' } },
    ]);
  });

  test('tells later repeats together, six minutes after it told some, and then no more', async () => {
    const { clock, sent, repeats, recorder } = world();
    for (let n = 0; n < 10; n += 1) {
      recorder.publish(note());
      await clock.advance(1_000);
    }
    assert.deepEqual(
      repeats.map(({ series }) => series.count),
      [2],
    );
    await clock.advance(360_000);
    assert.deepEqual(
      repeats.map(({ series }) => series),
      [
        { count: 2, lastObservedTime: '2026-06-01T00:00:01.000000Z' },
        { count: 10, lastObservedTime: '2026-06-01T00:00:09.000000Z' },
      ],
    );
    assert.equal(clock.pending, 0);
    assert.equal(sent.length, 1);
  });

  test('goes on with a series while notes keep coming, and begins another Event after six minutes without', async () => {
    const { clock, sent, repeats, recorder } = world();
    for (let n = 0; n < 6; n += 1) {
      recorder.publish(note());
      await clock.advance(300_000);
    }
    assert.equal(sent.length, 1);
    await clock.advance(60_000);
    recorder.publish(note());
    await clock.settle();
    assert.equal(sent.length, 2);
    assert.equal(repeats.at(-1)?.series.count, 6);
    recorder.publish(note());
    await clock.settle();
    assert.deepEqual([repeats.at(-1)?.name, repeats.at(-1)?.series.count], [sent[1]?.metadata.name, 2]);
  });

  test('counts the repeats of a note that is still on its way, and tells them when it has arrived', async () => {
    const arrived = Promise.withResolvers<undefined>();
    const { clock, sent, repeats, recorder } = world(() => arrived.promise.then(() => undefined));
    for (let n = 0; n < 3; n += 1) recorder.publish(note());
    await clock.settle();
    assert.deepEqual([sent.length, repeats.length], [1, 0]);
    arrived.resolve(undefined);
    await clock.settle();
    assert.deepEqual(
      repeats.map(({ series }) => series.count),
      [3],
    );
  });

  test('tells a note that waited behind others with its repeats at once', async () => {
    const arrived = Promise.withResolvers<undefined>();
    const { clock, sent, repeats, recorder } = world(() => arrived.promise.then(() => undefined));
    for (let n = 0; n < 4; n += 1) recorder.publish(note({ text: `before ${n}` }));
    recorder.publish(note());
    recorder.publish(note());
    arrived.resolve(undefined);
    await clock.settle();
    assert.equal(sent.at(-1)?.series?.count, 2);
    assert.equal(repeats.length, 0);
  });

  test('begins another Event when the one that it repeats is gone', async () => {
    const { clock, log, sent, recorder } = world(undefined, () => Promise.reject(new ConflictError('gone')));
    recorder.publish(note());
    await clock.settle();
    recorder.publish(note());
    await clock.settle();
    assert.equal(log.lines[0]?.message, 'event not sent');
    recorder.publish(note());
    await clock.settle();
    assert.equal(sent.length, 2);
  });

  test('never tells repeats faster than all notes may be', async () => {
    const { clock, sent, repeats, recorder } = world();
    for (let n = 0; n < 100; n += 1) recorder.publish(note({ uid: `uid-${n}` }));
    await clock.settle();
    for (let n = 0; n < 100; n += 1) recorder.publish(note({ uid: `uid-${n}` }));
    await clock.settle();
    assert.deepEqual([sent.length, repeats.length], [100, 0]);
    await clock.advance(360_000);
    assert.equal(repeats.length, 100);
  });

  test('bounds the notes about one object, and leaves room for others', async () => {
    const { clock, sent, outcomes, recorder } = world();
    for (let n = 0; n < 60; n += 1) recorder.publish(note({ text: `news ${n}` }));
    recorder.publish(note({ uid: 'two' }));
    await clock.settle();
    assert.equal(sent.filter(({ regarding }) => regarding.uid === 'one').length, 25);
    assert.equal(sent.filter(({ regarding }) => regarding.uid === 'two').length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === 'dropped').length, 35);
  });

  test('bounds the notes in all', async () => {
    const { clock, sent, recorder } = world();
    for (let n = 0; n < 500; n += 1) recorder.publish(note({ uid: `uid-${n}` }));
    await clock.settle();
    assert.equal(sent.length, 100);
    await clock.advance(1_000);
    for (let n = 500; n < 600; n += 1) recorder.publish(note({ uid: `uid-${n}` }));
    await clock.settle();
    assert.equal(sent.length, 110);
  });

  test('tries again under the same name when it had no answer, and gives up after three tries', async () => {
    const { clock, log, sent, recorder } = world(() => Promise.reject(new TransientError('no answer')));
    recorder.publish(note());
    await clock.advance(10_000);
    assert.equal(sent.length, 3);
    assert.equal(new Set(sent.map(({ metadata }) => metadata.name)).size, 1);
    assert.deepEqual(
      log.lines.map(({ level, message }) => [level, message]),
      [['debug', 'event not sent']],
    );
    assert.equal(clock.pending, 0);
  });

  test('gives up at once when it is refused', async () => {
    const { clock, log, sent, outcomes, recorder } = world(() => Promise.reject(new TerminalError('bad')));
    recorder.publish(note());
    await clock.settle();
    assert.deepEqual(outcomes, ['failed']);
    assert.equal(sent.length, 1);
    assert.equal(log.lines[0]?.level, 'debug');
  });

  test('cuts a note at 1 KiB without breaking a character', async () => {
    const { clock, sent, recorder } = world();
    recorder.publish(note({ text: 'ä€𝄞'.repeat(400) }));
    await clock.settle();
    const text = sent[0]?.note ?? '';
    assert.ok(Buffer.byteLength(text) <= 1024 && Buffer.byteLength(text) > 1010);
    assert.doesNotMatch(text, /\uFFFD/u);
  });

  test('tells at a shutdown what it would have told later', async () => {
    const { clock, repeats, recorder } = world();
    for (let n = 0; n < 5; n += 1) {
      recorder.publish(note());
      await clock.advance(1_000);
    }
    await recorder.flush();
    assert.equal(repeats.at(-1)?.series.count, 5);
    assert.equal(clock.pending, 0);
  });

  test('waits at most 2 s for what is not sent at a shutdown', async () => {
    const { clock, recorder } = world(() => new Promise(() => undefined));
    recorder.publish(note());
    let flushed = false;
    const flushing = recorder.flush().finally(() => {
      flushed = true;
    });
    await clock.advance(1_999);
    assert.equal(flushed, false);
    await clock.advance(1);
    await flushing;
    assert.equal(clock.pending, 0);
  });
});
