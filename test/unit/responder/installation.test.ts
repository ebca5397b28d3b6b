import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Installation } from '../../../src/responder/installation.ts';
import { virtualClock } from '../../kit/clock.ts';
import { until } from '../../kit/until.ts';
import { silentLog } from './silent-log.ts';

function watched() {
  const kept: { id: string | undefined; failure?: Error } = { id: undefined };
  const clock = virtualClock();
  const read = async (): Promise<string | undefined> => {
    if (kept.failure !== undefined) throw kept.failure;
    return kept.id;
  };
  const installation = new Installation({ read, clock, log: silentLog });
  const controller = new AbortController();
  const watching = installation.watch(controller.signal);
  return {
    installation,
    kept,
    /** Moves on to the next reading and waits until it has ended. */
    async nextRead(ms: number) {
      await until('it looks again', () => clock.pending === 1);
      await clock.advance(ms);
      await until('it looks again', () => clock.pending === 1);
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await watching;
    },
  };
}

describe('installation id', () => {
  test('is known within a second of being made', async () => {
    await using world = watched();
    await world.nextRead(1000);
    assert.equal(world.installation.id, undefined);
    world.kept.id = 'b5e0c5';
    await world.nextRead(1000);
    assert.equal(world.installation.id, 'b5e0c5');
  });

  test('is kept while it is gone or cannot be read, and taken over when it changes', async () => {
    await using world = watched();
    world.kept.id = 'first';
    await world.nextRead(1000);
    world.kept.id = undefined;
    await world.nextRead(60_000);
    assert.equal(world.installation.id, 'first');
    world.kept.failure = new Error('no answer');
    await world.nextRead(60_000);
    assert.equal(world.installation.id, 'first');
    delete world.kept.failure;
    world.kept.id = 'second';
    await world.nextRead(60_000);
    assert.equal(world.installation.id, 'second');
  });

  test('is refused where it could not be answered as it is', async () => {
    await using world = watched();
    for (const text of ['', 'two words', 'a'.repeat(101), '<b>']) {
      world.kept.id = text;
      await world.nextRead(1000);
      assert.equal(world.installation.id, undefined, JSON.stringify(text));
    }
  });
});
