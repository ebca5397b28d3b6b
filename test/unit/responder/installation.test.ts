import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { InstallationFile } from '../../../src/responder/installation.ts';
import { virtualClock } from '../../kit/clock.ts';
import { silentLog } from './silent-log.ts';
import { until } from './until.ts';

async function watched() {
  const folder = await mkdtemp(join(tmpdir(), 'evercert-installation-'));
  const path = join(folder, 'id');
  const clock = virtualClock();
  const file = new InstallationFile({ path, clock, log: silentLog });
  const controller = new AbortController();
  const watching = file.watch(controller.signal);
  return {
    file,
    path,
    /** Moves on to the next reading and waits until it has ended. */
    async nextRead(ms: number) {
      await until(() => clock.pending === 1);
      await clock.advance(ms);
      await until(() => clock.pending === 1);
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await watching;
      await rm(folder, { recursive: true });
    },
  };
}

describe('installation id', () => {
  test('is read within a second of the file being there', async () => {
    await using world = await watched();
    await world.nextRead(1000);
    assert.equal(world.file.id, undefined);
    await writeFile(world.path, 'b5e0c5\n');
    await world.nextRead(1000);
    assert.equal(world.file.id, 'b5e0c5');
  });

  test('is kept when the file goes, and taken over when it changes', async () => {
    await using world = await watched();
    await writeFile(world.path, 'first');
    await world.nextRead(1000);
    await rm(world.path);
    await world.nextRead(10_000);
    assert.equal(world.file.id, 'first');
    await writeFile(world.path, 'second');
    await world.nextRead(10_000);
    assert.equal(world.file.id, 'second');
  });

  test('is refused where it could not be answered as it is', async () => {
    await using world = await watched();
    for (const text of ['', 'two words', 'a'.repeat(101), '<b>']) {
      await writeFile(world.path, text);
      await world.nextRead(1000);
      assert.equal(world.file.id, undefined, JSON.stringify(text));
    }
  });
});
