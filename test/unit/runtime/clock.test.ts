import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sleep, systemClock } from '../../../src/runtime/index.ts';
import { virtualClock } from '../../kit/clock.ts';

describe('the system clock', () => {
  test('does not run a timer of 60 days at once, as a plain timer would', async () => {
    let ran = false;
    const cancel = systemClock.after(60 * 86_400_000, () => {
      ran = true;
    });
    await new Promise<void>((resolve) => systemClock.after(10, resolve));
    cancel();
    assert.equal(ran, false);
  });

  test('never runs a timer early by its own measure', async () => {
    const started = systemClock.monotonicMs();
    await new Promise<void>((resolve) => systemClock.after(15, resolve));
    assert.ok(systemClock.monotonicMs() - started >= 14);
  });

  test('does not run what was cancelled', async () => {
    let ran = false;
    systemClock.after(0, () => {
      ran = true;
    })();
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
    assert.equal(ran, false);
  });
});

describe('sleep', () => {
  test('resolves after its time and no earlier', async () => {
    const clock = virtualClock();
    let awake = false;
    const slept = sleep(clock, 1000).finally(() => {
      awake = true;
    });
    await clock.advance(999);
    assert.equal(awake, false);
    await clock.advance(1);
    assert.equal(awake, true);
    await slept;
  });

  test('rejects with the reason of an abort and leaves no timer', async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const slept = assert.rejects(sleep(clock, 1000, controller.signal), /enough/);
    controller.abort(new Error('enough'));
    await slept;
    assert.equal(clock.pending, 0);
    await assert.rejects(sleep(clock, 1000, controller.signal), /enough/);
    assert.equal(clock.pending, 0);
  });
});
