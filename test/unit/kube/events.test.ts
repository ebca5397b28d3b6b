import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type EventNote, type EventRecorder, eventRecorder, type KubeObject } from '../../../src/kube/index.ts';
import { TerminalError, TransientError } from '../../../src/runtime/index.ts';
import { virtualClock } from '../../kit/clock.ts';
import { recordedLog } from '../../kit/log.ts';

type Sent = KubeObject & { note: string; eventTime: string; reportingController: string; regarding: { uid: string } };

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

function world(answer: (event: Sent) => void | Promise<void> = () => undefined) {
  const clock = virtualClock();
  const log = recordedLog();
  const sent: Sent[] = [];
  const create = async <T extends KubeObject>(_resource: unknown, object: KubeObject): Promise<T> => {
    const event = object as Sent;
    sent.push(event);
    await answer(event);
    return object as T;
  };
  const recorder: EventRecorder<'Issued'> = eventRecorder({
    client: { create },
    clock,
    log,
    controller: 'evercert.dev/operator',
    instance: 'pod-1',
  });
  return { clock, log, sent, recorder };
}

describe('the event recorder', () => {
  test('sends a note with all that the API demands', async () => {
    const { sent, recorder } = world();
    recorder.publish(note());
    await recorder.flush();
    const [event] = sent;
    assert.match(event?.metadata.name ?? '', /^web\.[0-9a-f]{16}$/);
    assert.equal(event?.metadata.namespace, 'default');
    assert.equal(event.eventTime, '2026-06-01T00:00:00.000000Z');
    assert.equal(event.reportingController, 'evercert.dev/operator');
  });

  test('drops a note that repeats one of the last ten minutes', async () => {
    const { clock, sent, recorder } = world();
    recorder.publish(note());
    recorder.publish(note());
    await clock.advance(599_000);
    recorder.publish(note());
    assert.equal(sent.length, 1);
    await clock.advance(2_000);
    recorder.publish(note());
    await clock.settle();
    assert.equal(sent.length, 2);
  });

  test('bounds the notes about one object, and leaves room for others', async () => {
    const { clock, sent, recorder } = world();
    for (let n = 0; n < 60; n += 1) recorder.publish(note({ text: `news ${n}` }));
    recorder.publish(note({ uid: 'two' }));
    await clock.settle();
    assert.equal(sent.filter(({ regarding }) => regarding.uid === 'one').length, 25);
    assert.equal(sent.filter(({ regarding }) => regarding.uid === 'two').length, 1);
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
    const { clock, log, sent, recorder } = world(() => Promise.reject(new TerminalError('bad')));
    recorder.publish(note());
    await clock.settle();
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
