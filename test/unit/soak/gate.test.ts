import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Gate } from '../../soak/gate.ts';

const never = new AbortController().signal;

describe('a gate', () => {
  test('closes once what is on its way is through, be it by an error', async () => {
    const gate = new Gate();
    const [one, other] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const through = [gate.through(() => one.promise, never), gate.through(() => other.promise, never)];
    const steps: string[] = [];
    const closing = gate.close().finally(() => void steps.push('closed'));
    one.resolve();
    await through[0];
    steps.push('one is through');
    other.reject(new Error('it failed'));
    await closing;
    assert.deepEqual(steps, ['one is through', 'closed']);
    await assert.rejects(through[1] ?? Promise.resolve(), /it failed/);
  });

  test('keeps work back until it opens', async () => {
    const gate = new Gate();
    await gate.close();
    let done = false;
    const work = gate.through(async () => {
      done = true;
    }, never);
    await Promise.resolve();
    assert.equal(done, false);
    gate.open();
    await work;
    assert.equal(done, true);
  });

  test('lets nothing through that was aborted before it opened', async () => {
    const gate = new Gate();
    const ending = new AbortController();
    await gate.close();
    const work = gate.through(() => assert.fail('it went through'), ending.signal);
    ending.abort();
    gate.open();
    await work;
  });
});
